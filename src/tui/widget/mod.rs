//! Small parts of screens.

pub mod field;
pub mod foot;
pub mod frame;
pub mod line;
