//! Small parts of screens.

pub mod attempts;
pub mod auth_field;
pub mod choice_or_text;
pub mod choices;
pub mod dialog;
pub mod expiry;
pub mod filter;
pub mod form;
pub mod form_layout;
pub mod frame;
pub mod key_hints;
pub mod list;
pub mod scroll_list;
pub mod scroll_text;
pub mod text_fit;
pub mod text_input;
