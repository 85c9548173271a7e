//! Small parts of screens.

pub mod expiry;
pub mod field;
pub mod foot;
pub mod frame;
pub mod line;
pub mod tries;
