//! One screen for all lists. [`list_screen`] handles keys and replies, [`loaded_rows`] is the window of loaded rows
//! around the cursor, `known_ends` reads the ends of the list ahead, [`log_row`] is a row of a log, [`marks`] are the
//! marked rows, `view` and [`layout`] draw.

mod component;
mod cursor_rest;
mod known_ends;
pub mod layout;
pub mod list_screen;
pub mod loaded_rows;
pub mod log_row;
mod marking;
pub mod marks;
mod view;
