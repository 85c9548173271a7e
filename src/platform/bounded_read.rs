//! Reads texts, and lines that hold a secret, from files, stdin, pipes and the terminal alike. All such input is
//! read here.
//!
//! A byte order mark and the `\r` of a line end are not part of the result. Secrets pass through no buffer that
//! outlives them.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use zeroize::{Zeroize, Zeroizing};

use super::systemd;
use crate::domain::number::group_digits;
use crate::error::{Error, Result};

/// The path that means stdin or stdout.
pub const STANDARD: &str = "-";

/// The UTF-8 byte order mark, which some editors write at the start of a text.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Returns `true` if `path` means stdin or stdout. A file of that name is `./-`.
pub fn is_standard(path: &Path) -> bool {
    path.as_os_str() == STANDARD
}

/// Refuses a path that means stdin or stdout, if `what` requires a file.
pub fn require_named_file(path: &Path, what: &str) -> Result<()> {
    if !is_standard(path) {
        return Ok(());
    }
    Err(Error::usage(format!("{what} can't be \"-\" (stdin or stdout)"))
        .why("a named file is needed")
        .next("Use the path of a file. For a file with the name \"-\", use ./-"))
}

/// Converts `bytes` to text without a byte order mark.
///
/// # Errors
/// [`crate::error::Kind::Usage`], beginning with `name` and the line that is not UTF-8.
pub fn decode_utf8(name: &str, bytes: Vec<u8>) -> Result<String> {
    let mut text = String::from_utf8(bytes).map_err(|e| {
        let valid = e.as_bytes().get(..e.utf8_error().valid_up_to()).unwrap_or_default();
        let line = valid.iter().filter(|b| **b == b'\n').count() + 1;
        let fault = if is_utf16(e.as_bytes()) { "the text is UTF-16, not UTF-8" } else { "the text is not UTF-8" };
        Error::usage(format!("{name}:{line}: {fault}")).next("Convert the text to UTF-8")
    })?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    Ok(text)
}

fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])
}

/// Reads all of `from`, at most `max` bytes. The limit also ends the reading of an endless stream.
///
/// # Errors
/// [`crate::error::Kind::Usage`] if there are more bytes, or they are no text; [`crate::error::Kind::Failure`] if
/// `from` can't be read.
pub fn read_whole_text(name: &str, from: impl Read, max: usize) -> Result<String> {
    let mut bytes = Vec::new();
    from.take(max as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| Error::failure(format!("{name} can't be read")).why(e.to_string()))?;
    if bytes.len() > max {
        let limit =
            if max < 1 << 20 { format!("{} bytes", group_digits(max as u64)) } else { format!("{} MiB", max >> 20) };
        return Err(Error::usage(format!("{name} is too large")).why(format!("the limit is {limit}")));
    }
    decode_utf8(name, bytes)
}

pub enum FirstLine {
    /// Text, without its line end (one `\n` or `\r\n`).
    Text(Zeroizing<String>),
    /// The input ended before the first byte.
    Empty,
    TooLong,
    NotUtf8,
    /// The input begins with the byte order mark of UTF-16.
    Utf16,
}

/// Reads `from` to the end of its first line, at most `max` bytes. Input after the line is left unread, and no
/// shared buffer keeps a copy.
pub fn read_first_line(from: impl AsFd, max: usize) -> Result<FirstLine> {
    let mut line = Zeroizing::new(Vec::with_capacity(max + 2));
    let mut byte = [0u8; 1];
    let ended = loop {
        match rustix::io::read(&from, &mut byte) {
            Ok(0) => break false,
            Ok(_) if byte[0] == b'\n' => break true,
            Ok(_) if line.len() > max => return Ok(FirstLine::TooLong),
            Ok(_) => line.push(byte[0]),
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(Error::failure("the input can't be read").why(e.to_string())),
        }
    };
    byte.zeroize();
    if !ended && line.is_empty() {
        return Ok(FirstLine::Empty);
    }
    if ended && line.last() == Some(&b'\r') {
        line.pop();
    }
    if line.len() > max {
        return Ok(FirstLine::TooLong);
    }
    Ok(match std::str::from_utf8(&line) {
        Ok(text) => FirstLine::Text(Zeroizing::new(text.to_owned())),
        Err(_) if is_utf16(&line) => FirstLine::Utf16,
        Err(_) => FirstLine::NotUtf8,
    })
}

/// Reads a line like [`read_first_line`] and removes a byte order mark.
pub fn read_first_line_without_mark(from: impl AsFd, max: usize) -> Result<FirstLine> {
    Ok(match read_first_line(from, max)? {
        FirstLine::Text(text) => FirstLine::Text(without_mark(text)),
        other => other,
    })
}

fn without_mark(text: Zeroizing<String>) -> Zeroizing<String> {
    match text.strip_prefix(BYTE_ORDER_MARK) {
        Some(rest) => Zeroizing::new(rest.to_owned()),
        None => text,
    }
}

/// Reads all of `from`, at most `max` bytes, for input that may hold secrets. The bytes are wiped on drop.
///
/// # Errors
/// [`crate::error::Kind::Usage`] if there are more bytes; [`crate::error::Kind::Failure`] if `from` can't be read.
pub fn read_secret_bytes(from: impl AsFd, max: usize) -> Result<Zeroizing<Vec<u8>>> {
    // The full capacity is allocated at once, because growing would leave copies behind.
    let mut bytes = Zeroizing::new(vec![0; max + 1]);
    let mut length = 0;
    loop {
        match rustix::io::read(&from, &mut bytes[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(Error::failure("the input can't be read").why(e.to_string())),
        }
        if length > max {
            return Err(Error::usage("the input is too large").why(format!("the limit is {max} bytes")));
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// Maximum length of a line that holds a password or secret, in bytes.
pub const MAX_SECRET_LINE: usize = 4096;

/// Reads the first line of the file at `path`, which holds `what`. `-` is stdin.
///
/// A file that others can read is refused; the check is made on the opened file itself. The line of a password
/// keeps its byte order mark: an earlier version may have hashed the mark, and
/// [`crate::domain::password::Password`] handles it.
///
/// # Errors
/// [`crate::error::Kind::Failure`] if the file can't be read or others can read it; [`crate::error::Kind::Denied`]
/// if it is empty; [`crate::error::Kind::Usage`] for a line that is invalid.
pub fn read_private_line(path: &Path, what: &str) -> Result<Zeroizing<String>> {
    if is_standard(path) {
        return read_secret_line(io::stdin(), "stdin", what);
    }
    let name = path.display();
    let refused = || Error::failure(format!("{what} can't be read from {name}"));
    let failed = |e: io::Error| refused().why(e.to_string());
    let file = File::open(path).map_err(failed)?;
    let meta = file.metadata().map_err(failed)?;
    if meta.is_dir() {
        return Err(refused().why("it is a folder").next("Use the path of a file"));
    }
    let of_others = meta.mode() & 0o077;
    if of_others != 0 && !(of_others == 0o040 && systemd::is_credential(path)) {
        // The path may be mistyped, so the message doesn't suggest to change the mode of that file.
        return Err(refused()
            .why(format!("other users have access to the file (mode {:04o})", meta.mode() & 0o7777))
            .next("Use a file that only you can read (mode 0600)"));
    }
    read_secret_line(&file, &name.to_string(), what)
}

/// Reads the first line of `from`, which holds `what`. Messages call the input `source`.
///
/// # Errors
/// [`crate::error::Kind::Denied`] if the line is empty; [`crate::error::Kind::Usage`] for a line that is invalid.
pub fn read_secret_line(from: impl AsFd, source: &str, what: &str) -> Result<Zeroizing<String>> {
    let refused = |why: String| Error::usage(format!("{what} can't be read from {source}")).why(why);
    match read_first_line(from, MAX_SECRET_LINE)? {
        FirstLine::Text(text) => Ok(text),
        FirstLine::Empty => Err(Error::denied(format!("{what} was not given")).why(format!("{source} is empty"))),
        FirstLine::TooLong => Err(refused(format!("the first line is longer than {MAX_SECRET_LINE} bytes"))),
        FirstLine::NotUtf8 => {
            Err(refused("the first line is not UTF-8 text".to_owned()).next("Convert the text to UTF-8"))
        }
        FirstLine::Utf16 => Err(refused("the text is UTF-16".to_owned()).next("Convert the text to UTF-8")),
    }
}

/// Reads a token like [`read_secret_line`], without a byte order mark.
pub fn read_token_line(from: impl AsFd, source: &str) -> Result<Zeroizing<String>> {
    read_secret_line(from, source, "the token").map(without_mark)
}

/// Reads a token like [`read_private_line`], without a byte order mark.
pub fn read_token_file(path: &Path) -> Result<Zeroizing<String>> {
    read_private_line(path, "the token").map(without_mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek, Write};

    fn read(bytes: &[u8]) -> String {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        match read_first_line(&file, 8).unwrap() {
            FirstLine::Text(text) => format!("{:?}", text.as_str()),
            FirstLine::Empty => "Empty".into(),
            FirstLine::TooLong => "TooLong".into(),
            FirstLine::NotUtf8 => "NotUtf8".into(),
            FirstLine::Utf16 => "Utf16".into(),
        }
    }

    #[test]
    fn first_line_loses_exactly_one_line_end() {
        assert_eq!(read(b"ab\n"), "\"ab\"");
        assert_eq!(read(b"ab\r\n"), "\"ab\"");
        assert_eq!(read(b"ab\r\r\n"), "\"ab\\r\"");
        assert_eq!(read(b" ab \ncd"), "\" ab \"");
        assert_eq!(read(b"ab"), "\"ab\"");
        assert_eq!(read(b"ab\r"), "\"ab\\r\"");
        assert_eq!(read(b"\n"), "\"\"");
        assert_eq!(read(b""), "Empty");
    }

    #[test]
    fn first_line_is_bounded_utf8() {
        assert_eq!(read(b"12345678\r\n"), "\"12345678\"");
        assert_eq!(read(b"123456789\n"), "TooLong");
        assert_eq!(read(&[b'x'; 4096]), "TooLong");
        assert_eq!(read(b"\xff\xff\n"), "NotUtf8");
        assert_eq!(read(b"\xff\xfea\0\n"), "Utf16");
    }

    #[test]
    fn byte_order_mark_is_removed() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"\xef\xbb\xbfjtn_x\r\n").unwrap();
        file.rewind().unwrap();
        assert_eq!(read_token_line(&file, "here").unwrap().as_str(), "jtn_x");
        assert_eq!(decode_utf8("f", b"\xef\xbb\xbfa = 1\r\n".to_vec()).unwrap(), "a = 1\r\n");
        assert_eq!(decode_utf8("f", b"a\nb\xff".to_vec()).unwrap_err().kind, crate::error::Kind::Usage);
        assert!(decode_utf8("f", b"a\nb\xff".to_vec()).unwrap_err().what.starts_with("f:2:"));
        assert_eq!(read_whole_text("f", &b"12345"[..], 4).unwrap_err().kind, crate::error::Kind::Usage);
    }
}
