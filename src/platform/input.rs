//! Lines that hold a secret, read without a buffer that outlives them.

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, Result};

/// What a first line turned out to be.
pub enum FirstLine {
    /// Text, without its line end (one `\n` or `\r\n`).
    Text(Zeroizing<String>),
    /// Nothing at all: the input ended before a byte came.
    Nothing,
    /// More bytes than were asked for.
    TooLong,
    /// Bytes that are not UTF-8.
    NotText,
}

/// Reads `from` to the end of its first line, `most` bytes at most. What follows the line is left unread, and no
/// shared buffer keeps a copy.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when it can't be read.
pub fn first_line(from: impl AsFd, most: usize) -> Result<FirstLine> {
    let mut line = Zeroizing::new(Vec::with_capacity(most + 2));
    let mut byte = [0u8; 1];
    let ended = loop {
        match rustix::io::read(&from, &mut byte) {
            Ok(0) => break false,
            Ok(_) if byte[0] == b'\n' => break true,
            Ok(_) if line.len() > most => return Ok(FirstLine::TooLong),
            Ok(_) => line.push(byte[0]),
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(Error::failure("the input can't be read").why(e.to_string())),
        }
    };
    byte.zeroize();
    if !ended && line.is_empty() {
        return Ok(FirstLine::Nothing);
    }
    if ended && line.last() == Some(&b'\r') {
        line.pop();
    }
    if line.len() > most {
        return Ok(FirstLine::TooLong);
    }
    Ok(match std::str::from_utf8(&line) {
        Ok(text) => FirstLine::Text(Zeroizing::new(text.to_owned())),
        Err(_) => FirstLine::NotText,
    })
}

/// The most bytes of a line that holds a password or secret.
pub const SECRET_LINE_MOST: usize = 4096;

/// The first line of the file at `path`, which holds `what`. One that others can read is refused, judged by the very
/// file that was opened.
///
/// # Errors
/// [`crate::error::Kind::Failure`] when it can't be read or others can read it; [`crate::error::Kind::Denied`] when it
/// is empty; [`crate::error::Kind::Usage`] for a line that can't be one.
pub fn private_line(path: &Path, what: &str) -> Result<Zeroizing<String>> {
    let name = path.display();
    let refused = || Error::failure(format!("{what} can't be read from {name}"));
    let failed = |e: std::io::Error| refused().why(e.to_string());
    let file = File::open(path).map_err(failed)?;
    let meta = file.metadata().map_err(failed)?;
    if meta.is_dir() {
        return Err(refused().why("it is a folder"));
    }
    if meta.mode() & 0o077 != 0 {
        return Err(refused()
            .why(format!("others can read it (mode {:04o})", meta.mode() & 0o7777))
            .next(format!("Run: chmod 600 {name}")));
    }
    secret_line(&file, &name.to_string(), what)
}

/// The first line of `from`, called `place` in messages, which holds `what`.
///
/// # Errors
/// [`crate::error::Kind::Denied`] when it is empty; [`crate::error::Kind::Usage`] for a line that can't be one.
pub fn secret_line(from: impl AsFd, place: &str, what: &str) -> Result<Zeroizing<String>> {
    match first_line(from, SECRET_LINE_MOST)? {
        FirstLine::Text(text) => Ok(text),
        FirstLine::Nothing => Err(Error::denied(format!("{what} was not given")).why(format!("{place} is empty"))),
        FirstLine::TooLong => Err(Error::usage(format!("{what} can't be read from {place}"))
            .why(format!("its first line is longer than {SECRET_LINE_MOST} bytes"))),
        FirstLine::NotText => Err(Error::usage(format!("{what} can't be read from {place}")).why("it is not UTF-8")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek, Write};

    fn read(bytes: &[u8]) -> String {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        match first_line(&file, 8).unwrap() {
            FirstLine::Text(text) => format!("{:?}", text.as_str()),
            FirstLine::Nothing => "nothing".into(),
            FirstLine::TooLong => "too long".into(),
            FirstLine::NotText => "not text".into(),
        }
    }

    #[test]
    fn exactly_one_line_end_goes() {
        assert_eq!(read(b"ab\n"), "\"ab\"");
        assert_eq!(read(b"ab\r\n"), "\"ab\"");
        assert_eq!(read(b"ab\r\r\n"), "\"ab\\r\"");
        assert_eq!(read(b" ab \ncd"), "\" ab \"");
        assert_eq!(read(b"ab"), "\"ab\"");
        assert_eq!(read(b"ab\r"), "\"ab\\r\"");
        assert_eq!(read(b"\n"), "\"\"");
        assert_eq!(read(b""), "nothing");
    }

    #[test]
    fn bounded_and_text() {
        assert_eq!(read(b"12345678\r\n"), "\"12345678\"");
        assert_eq!(read(b"123456789\n"), "too long");
        assert_eq!(read(&[b'x'; 4096]), "too long");
        assert_eq!(read(b"\xff\xfe\n"), "not text");
    }
}
