//! The file with the number of the last row of the audit log that was passed on.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use super::whole_file::write_whole;
use crate::error::{Error, Result};

/// The number of a row, in a file that is replaced as a whole.
pub struct ResumeFile(PathBuf);

impl ResumeFile {
    pub fn new(path: PathBuf) -> Self {
        ResumeFile(path)
    }

    /// Returns the number of the row. 0 if there is no file yet.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if the file can't be read or holds no number.
    pub fn read(&self) -> Result<i64> {
        let refused = || Error::failure(format!("the number of the last row can't be read from {}", self.0.display()));
        let text = match fs::read_to_string(&self.0) {
            Ok(text) => text,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(0),
            Err(e) => return Err(refused().why(e.to_string())),
        };
        text.trim().parse().ok().filter(|row| *row >= 0).ok_or_else(|| {
            refused()
                .why("the file holds no number")
                .next("Use another file, or remove this one to begin with the first row")
        })
    }

    /// # Errors
    /// [`crate::error::Kind::Failure`] if the file can't be written.
    pub fn write(&self, row: i64) -> Result<()> {
        write_whole(&self.0, format!("{row}\n").as_bytes(), true).map_err(|e| {
            Error::failure(format!("the number of the last row can't be written to {}", self.0.display()))
                .why(e.to_string())
        })
    }
}
