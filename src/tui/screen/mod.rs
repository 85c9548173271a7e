//! The screens.
//!
//! A new screen is a file here and a line in [`workspace`]; its keys are a context.
//! A long list, of which only a part is loaded, is a [`paged_list::Source`].

pub mod accounts;
pub mod audit;
pub mod denied;
pub mod first_run;
pub mod list_layout;
pub mod paged_list;
pub mod paged_rows;
pub mod policy;
pub mod replace_password;
pub mod sign_in;
pub mod tokens;
pub mod uses;
pub mod workspace;
