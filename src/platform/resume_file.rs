//! The file with the last row of the audit log that was passed on.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::PathBuf;

use super::whole_file::write_whole;
use crate::domain::checkpoint::{hex, parse_hex};
use crate::error::{Error, Result};

/// Maximum length of the file. The path may name any other file.
const MAX_LENGTH: u64 = 200;

/// The last row that was passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastRow {
    pub seq: i64,
    /// The row's hash. Another log can have another row of this number. `None` in the file of an older jeton.
    pub hash: Option<[u8; 32]>,
}

impl LastRow {
    /// No row yet.
    pub const BEFORE_FIRST: Self = LastRow { seq: 0, hash: None };
}

/// Number and hash of a row, in a file that is replaced as a whole.
pub struct ResumeFile(PathBuf);

impl ResumeFile {
    pub fn new(path: PathBuf) -> Self {
        ResumeFile(path)
    }

    /// Returns the row. `None` if there is no file yet.
    ///
    /// # Errors
    /// [`crate::error::Kind::Failure`] if the file can't be read or names no row.
    pub fn read(&self) -> Result<Option<LastRow>> {
        let refused =
            || Error::failure(format!("the number of the last audit row can't be read from {}", self.0.display()));
        let mut text = String::new();
        match File::open(&self.0).and_then(|file| file.take(MAX_LENGTH).read_to_string(&mut text)) {
            Ok(_) => {}
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(refused().why(e.to_string())),
        }
        let row = parse(text.trim()).ok_or_else(|| {
            refused()
                .why("the content of the file is not valid")
                .next("Use another file, or remove this file to begin with the first row")
        })?;
        Ok(Some(row).filter(|row| row.seq > 0))
    }

    /// # Errors
    /// [`crate::error::Kind::Failure`] if the file can't be written.
    pub fn write(&self, row: LastRow) -> Result<()> {
        let hash = row.hash.map_or_else(String::new, |hash| format!(" {}", hex(&hash)));
        write_whole(&self.0, format!("{}{hash}\n", row.seq).as_bytes(), true).map_err(|e| {
            Error::failure(format!("the number of the last audit row can't be written to {}", self.0.display()))
                .why(e.to_string())
        })
    }
}

fn parse(text: &str) -> Option<LastRow> {
    let (seq, hash) = match text.split_once(' ') {
        None => (text, None),
        Some((seq, hash)) => (seq, Some(parse_hex(hash)?)),
    };
    let seq = seq.parse().ok().filter(|seq| *seq >= 0)?;
    Some(LastRow { seq, hash })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn row_reads_back_also_without_a_hash() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("row");
        let file = ResumeFile::new(path.clone());
        assert_eq!(file.read().unwrap(), None);
        for row in [LastRow { seq: 7, hash: Some([0xa5; 32]) }, LastRow { seq: 3, hash: None }] {
            file.write(row).unwrap();
            assert_eq!(file.read().unwrap(), Some(row));
        }
        for (text, row) in [("0\n", None), ("12", Some(LastRow { seq: 12, hash: None }))] {
            fs::write(&path, text).unwrap();
            assert_eq!(file.read().unwrap(), row);
        }
        for text in ["", "-1", "x", "7 a5", "7 a5 a5"] {
            fs::write(&path, text).unwrap();
            assert!(file.read().is_err(), "{text}");
        }
        assert!(ResumeFile::new("/dev/zero".into()).read().is_err());
    }
}
