//! Small parts of screens.

pub mod choice_or_text;
pub mod choices;
pub mod confirm_identity;
pub mod dialog_frame;
pub mod expiry_choice;
pub mod filter_field;
pub mod form;
pub mod form_dialog;
pub mod form_layout;
pub mod key_hints;
pub mod lines;
pub mod list_cursor;
pub mod password_attempts;
pub mod scroll_range;
pub mod scroll_text;
pub mod scroll_view;
pub mod table_columns;
pub mod text_input;
