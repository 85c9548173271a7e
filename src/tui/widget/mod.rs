//! Small parts of screens.

pub mod choices;
pub mod expiry;
pub mod field;
pub mod filter;
pub mod foot;
pub mod form;
pub mod frame;
pub mod line;
pub mod list;
pub mod offers;
pub mod passage;
pub mod proof;
pub mod scroll;
pub mod sheet;
pub mod tries;
