//! The screens.
//!
//! A new screen is a file here and a line in [`workspace`]; its keys are a context.
//! A list is a [`list::list_screen::Source`].

pub mod accounts;
pub mod audit;
pub mod denied;
pub mod first_run;
pub mod list;
pub mod policy;
pub mod replace_password;
pub mod sign_in;
pub mod tokens;
pub mod uses;
pub mod workspace;
