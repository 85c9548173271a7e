//! Checkpoints of the audit log, kept in a file outside the store. They reveal if rows up to a checkpoint are removed
//! or rewritten later.
//!
//! One line for each checkpoint, the oldest first: `jeton-audit 1 SEQ HASH TIME STORE CRC`. HASH is the chain's hash
//! at row SEQ in hexadecimal, TIME is RFC 3339 in UTC. STORE identifies the store, CRC is the CRC-32 of the text
//! before it. After a restore, SEQ may be lower than in the line before.

use std::fmt;

use crate::domain::date_format::Dates;
use crate::domain::name::Prefix;
use crate::domain::time::Timestamp;
use crate::error::{Error, Result};

/// The start of every line: the format and its version.
const LINE_PREFIX: &str = "jeton-audit 1 ";

/// The limits of the chain alone, without an anchor.
pub const NO_CHECKPOINT_ADVICE: &str = "Somebody could have removed the last rows, or rewritten the whole log. jeton \
     can detect this only with an anchor, a file outside the store. Create an anchor: jeton audit anchor FILE. From \
     then on, check the log with the anchor: jeton audit verify --anchor FILE";

/// The identity of the store that an anchor belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreId {
    prefix: String,
    created_at: Timestamp,
}

impl StoreId {
    pub fn new(prefix: &Prefix, created_at: Timestamp) -> Self {
        StoreId { prefix: prefix.to_string(), created_at }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (prefix, created_at) = text.split_once('@')?;
        Some(StoreId { prefix: prefix.to_owned(), created_at: Timestamp(created_at.parse().ok()?) })
    }

    /// Returns `set up at 2026-11-21 10:30:00 +01:00 with the prefix jtn`.
    pub fn describe(&self, dates: Dates<'_>) -> String {
        format!("set up at {} with the prefix {}", dates.second(self.created_at), self.prefix)
    }
}

impl fmt::Display for StoreId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.prefix, self.created_at.0)
    }
}

/// The end of the log at some instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The number of the log's last row.
    pub seq: i64,
    pub hash: [u8; 32],
    /// When the log was read; not before the time of its last row.
    pub at: Timestamp,
    pub store: StoreId,
}

/// The checkpoint's line without its end.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_line().trim_end())
    }
}

impl Checkpoint {
    /// Returns the checkpoint's line, line end included.
    pub fn to_line(&self) -> String {
        let line = format!("{LINE_PREFIX}{} {} {} {}", self.seq, hex(&self.hash), self.at.rfc3339_ms(), self.store);
        let sum = crc32fast::hash(line.as_bytes());
        format!("{line} {sum:08x}\n")
    }

    pub(super) fn parse(line: &str) -> Option<Self> {
        let (content, sum) = line.rsplit_once(' ')?;
        if sum != format!("{:08x}", crc32fast::hash(content.as_bytes())) {
            return None;
        }
        let mut words = content.strip_prefix(LINE_PREFIX)?.split(' ');
        let checkpoint = Checkpoint {
            seq: words.next()?.parse().ok().filter(|seq| *seq > 0)?,
            hash: parse_hex(words.next()?)?,
            at: words.next().and_then(|at| Timestamp::parse_rfc3339(at).filter(|read| read.rfc3339_ms() == at))?,
            store: StoreId::parse(words.next()?)?,
        };
        words.next().is_none().then_some(checkpoint)
    }
}

/// Parses a file of checkpoints.
///
/// # Errors
/// [`crate::error::Kind::Failure`] with the first line that is no checkpoint, is incomplete, or is not of the
/// same store as the line before it.
pub fn parse_checkpoints(text: &str) -> Result<Vec<Checkpoint>> {
    let mut checkpoints: Vec<Checkpoint> = Vec::new();
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let refused = |why: &str| {
            Err(Error::failure(format!("line {} of the anchor is damaged", index + 1)).why(why).next(
                "If this file is not an anchor, correct the path. Otherwise restore the anchor from a copy. If you \
                 have no copy, keep the damaged file and begin a new anchor: jeton audit anchor NEW-FILE. A new anchor \
                 reveals only later tampering",
            ))
        };
        let Some(line) = line.strip_suffix('\n') else { return refused("the line has no line break at its end") };
        let Some(checkpoint) = Checkpoint::parse(line) else {
            return refused("the line is not a checkpoint, or was changed");
        };
        match checkpoints.last() {
            Some(last) if last.store != checkpoint.store => {
                return refused("this line and the previous line are from different stores");
            }
            Some(last) if (last.seq, last.hash) == (checkpoint.seq, checkpoint.hash) => {
                return refused("the line records the same row as the previous line");
            }
            Some(_) | None => checkpoints.push(checkpoint),
        }
    }
    Ok(checkpoints)
}

/// Formats bytes in lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub fn parse_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn checkpoint(seq: i64) -> Checkpoint {
        let at = Timestamp(1_795_253_400_000 + seq * 1_000);
        Checkpoint { seq, hash: [seq as u8; 32], at, store: StoreId::new(&Prefix::default(), Timestamp(5)) }
    }

    #[test]
    fn lines_read_back() {
        let text: String = [1, 2, 40].map(|seq| checkpoint(seq).to_line()).concat();
        assert_eq!(parse_checkpoints(&text).unwrap(), [1, 2, 40].map(checkpoint));
        assert!(text.starts_with("jeton-audit 1 1 0101") && text.contains(" 2026-11-21T09:30:40Z jtn@5 "));
        assert_eq!(parse_checkpoints("").unwrap(), []);
        let exact = Checkpoint { at: Timestamp(1_795_253_400_120), ..checkpoint(1) };
        assert!(exact.to_line().contains(" 2026-11-21T09:30:00.120Z "));
        assert_eq!(parse_checkpoints(&exact.to_line()).unwrap(), [exact]);
    }

    #[test]
    fn checkpoint_with_a_flipped_byte_or_a_cut_is_refused_with_its_line() {
        let (first, second) = (checkpoint(1).to_line(), checkpoint(2).to_line());
        for at in 0..second.len() {
            let mut damaged = second.clone().into_bytes();
            damaged[at] ^= 1;
            let text = first.clone() + &String::from_utf8(damaged).unwrap();
            let error = parse_checkpoints(&text).unwrap_err();
            assert_eq!(error.kind, Kind::Failure);
            assert!(error.what.contains("line 2"), "{at}: {error}");
            if at > 0 {
                assert!(
                    parse_checkpoints(&(first.clone() + &second[..at])).unwrap_err().what.contains("line 2"),
                    "{at}"
                );
            }
        }
        let line = |text: &str| parse_checkpoints(text).unwrap_err().what;
        assert!(line("\n").contains("line 1"));
        assert!(line(&(first.clone() + "\n")).contains("line 2"));
        assert!(line(&(first.clone() + &first)).contains("line 2"), "the same row twice");
        // After a restore, numbers are lower, and the same number has another hash.
        let again = Checkpoint { hash: [7; 32], ..checkpoint(2) };
        assert_eq!(parse_checkpoints(&(second.clone() + &again.to_line() + &first)).unwrap().len(), 3);
        let other = Checkpoint { store: StoreId::parse("x@1").unwrap(), ..checkpoint(2) };
        insta::assert_snapshot!(parse_checkpoints(&(first + &other.to_line())).unwrap_err(), @"line 2 of the anchor is damaged: this line and the previous line are from different stores. If this file is not an anchor, correct the path. Otherwise restore the anchor from a copy. If you have no copy, keep the damaged file and begin a new anchor: jeton audit anchor NEW-FILE. A new anchor reveals only later tampering");
        let zero = Checkpoint { seq: 0, ..checkpoint(1) };
        assert!(parse_checkpoints(&zero.to_line()).is_err());
    }
}
