//! Finds the secrets of one installation in streams of any size.

use std::io::{self, ErrorKind};

use memchr::memmem::Finder;
use memchr::{memchr_iter, memrchr};
use zeroize::Zeroizing;

use super::{SecretText, TAIL_LEN, public_id_in};
use crate::domain::name::Prefix;

/// A position in a text. Both numbers begin at 1, and columns count bytes, as in compilers and `grep`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: u64,
    pub column: u64,
}

/// Finds whole secrets with a right checksum. The surroundings don't matter, but a secret that is broken over lines is
/// not found: [`super::find_secrets`] does that for short texts.
pub struct SecretScanner {
    head: Finder<'static>,
    /// Length of a secret in bytes.
    length: usize,
}

/// A buffer for [`SecretScanner::scan`], wiped on drop.
pub struct ScanBuffer(Zeroizing<Vec<u8>>);

impl ScanBuffer {
    /// Size of the buffer in bytes. Most files fit.
    const SIZE: usize = 128 * 1024;

    #[cfg(test)]
    fn with_size(size: usize) -> Self {
        ScanBuffer(Zeroizing::new(vec![0; size]))
    }
}

impl Default for ScanBuffer {
    fn default() -> Self {
        ScanBuffer(Zeroizing::new(vec![0; Self::SIZE]))
    }
}

/// The lines before an offset in the buffer.
#[derive(Default)]
struct Lines {
    /// Number of line ends before `counted`.
    ends: u64,
    /// Offset up to which line ends are counted.
    counted: usize,
    /// Number of bytes between the start of the line and `counted`.
    column: u64,
}

impl Lines {
    /// Counts up to `to`.
    fn count(&mut self, buffer: &[u8], to: usize) {
        let new = buffer.get(self.counted..to).unwrap_or_default();
        match memrchr(b'\n', new) {
            Some(last) => {
                self.ends += memchr_iter(b'\n', new).count() as u64;
                self.column = (new.len() - last - 1) as u64;
            }
            None => self.column += new.len() as u64,
        }
        self.counted = to;
    }

    fn position(&self) -> Position {
        Position { line: self.ends + 1, column: self.column + 1 }
    }
}

impl SecretScanner {
    /// Finds secrets that begin with `prefix`.
    pub fn new(prefix: &Prefix) -> Self {
        let head = format!("{prefix}_");
        SecretScanner { length: head.len() + TAIL_LEN, head: Finder::new(&head).into_owned() }
    }

    /// Returns the length of a secret in bytes.
    pub fn secret_len(&self) -> usize {
        self.length
    }

    /// Calls `found` for each secret in the stream that `read` returns, in order. Returns the length of the stream.
    /// Reads into `buffer` only, however long the stream and its lines are.
    ///
    /// # Errors
    /// Those of `read`, except for interruptions. Secrets before the error have been found.
    pub fn scan(
        &self,
        buffer: &mut ScanBuffer,
        mut read: impl FnMut(&mut [u8]) -> io::Result<usize>,
        mut found: impl FnMut(Position, SecretText),
    ) -> io::Result<u64> {
        let buffer = buffer.0.as_mut_slice();
        let (mut filled, mut searched, mut total) = (0, 0, 0u64);
        let mut lines = Lines::default();
        loop {
            let count = match read(&mut buffer[filled..]) {
                Ok(0) => return Ok(total),
                Ok(count) => count,
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            filled += count;
            total += count as u64;
            let text = &buffer[..filled];
            for start in self.head.find_iter(&text[searched..]).map(|start| start + searched) {
                // The rest of a cut secret comes with the next bytes.
                let Some(word) = text.get(start..start + self.length) else { break };
                let Some(secret) = secret_in(word) else { continue };
                lines.count(text, start);
                found(lines.position(), secret);
            }
            // A secret can begin in the last bytes.
            searched = searched.max(filled.saturating_sub(self.length - 1));
            if filled == buffer.len() {
                lines.count(&buffer[..filled], searched);
                buffer.copy_within(searched..filled, 0);
                filled -= searched;
                (searched, lines.counted) = (0, 0);
            }
        }
    }
}

fn secret_in(word: &[u8]) -> Option<SecretText> {
    let word = std::str::from_utf8(word).ok()?;
    public_id_in(word).ok().map(|_| SecretText::new(Zeroizing::new(word.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::super::tests::from_seed;
    use super::*;
    use proptest::prelude::*;

    /// Returns the places and texts in `text`, read in pieces of these sizes.
    fn scan(text: &[u8], pieces: &[usize], size: usize) -> Vec<(u64, u64, String)> {
        let (mut rest, mut pieces) = (text, pieces.iter().copied().cycle());
        let mut places = Vec::new();
        let read = |buffer: &mut [u8]| {
            assert!(!buffer.is_empty(), "an empty buffer looks like the end");
            let count = pieces.next().unwrap().min(buffer.len()).min(rest.len());
            let (now, later) = rest.split_at(count);
            buffer[..count].copy_from_slice(now);
            rest = later;
            Ok(count)
        };
        let scanner = SecretScanner::new(&Prefix::default());
        let total = scanner.scan(&mut ScanBuffer::with_size(size), read, |at, secret| {
            places.push((at.line, at.column, secret.0.to_string()));
        });
        assert_eq!(total.unwrap(), text.len() as u64);
        places
    }

    #[test]
    fn secret_is_found_with_its_line_and_column() {
        from_seed(3).expose(|s| {
            for (before, after, line, column) in [
                ("", "", 1, 1),
                ("a\nTOKEN='", "'\n", 2, 8),
                ("{\"a\":1,\n\"token\":\"", "\"}", 2, 10),
                ("https://user:", "@host/\n", 1, 14),
                ("\0\u{1}\n\n\n", "\0", 4, 1),
                ("jtn_jtn_", "_jtn_", 1, 9),
                ("xjtn", "9", 1, 5),
            ] {
                let text = format!("{before}{s}{after}");
                assert_eq!(scan(text.as_bytes(), &[4096], 4096), [(line, column, s.to_owned())], "{before:?}");
            }
            let (mut mistyped, cut) = (s.to_owned(), &s[..s.len() - 1]);
            mistyped.replace_range(20..21, if &s[20..21] == "a" { "b" } else { "a" });
            for none in [mistyped.as_str(), cut, &s[1..], "jtn_", "", &s.replace('_', "\n"), &s.to_uppercase()] {
                assert_eq!(scan(none.as_bytes(), &[4096], 4096), [], "{}", none.len());
            }
            let broken = format!("{}\n{}", &s[..30], &s[30..]);
            assert_eq!(scan(broken.as_bytes(), &[4096], 4096), []);
        });
    }

    proptest! {
        /// The borders of pieces and of the buffer make no difference.
        #[test]
        fn secrets_are_found_over_borders(
            gaps in prop::collection::vec((0usize..400, 0usize..90), 0..8),
            pieces in prop::collection::vec(1usize..200, 1..6),
            size in 51usize..300,
        ) {
            let (mut text, mut expected, mut line) = (Vec::new(), Vec::new(), 1);
            for (seed, (gap, wide)) in gaps.iter().enumerate() {
                text.extend(std::iter::repeat_n(b'j', *gap));
                text.push(b'\n');
                text.extend(std::iter::repeat_n(b' ', *wide));
                line += 1;
                from_seed(seed as u64).expose(|s| {
                    expected.push((line, *wide as u64 + 1, s.to_owned()));
                    text.extend(s.as_bytes());
                });
            }
            text.extend(b"jtn_cut");
            prop_assert_eq!(scan(&text, &pieces, size), expected);
        }
    }
}
