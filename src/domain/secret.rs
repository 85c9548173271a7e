//! Secrets: `PREFIX_` + 8 base62 (public id) + `_` + 32 base62 + 6 base62 (CRC-32 of everything before).
//!
//! A secret leaves its type only through [`Secret::expose`]. The store holds the public id and the SHA-256 of the
//! whole secret. A fast hash is enough, because 32 base62 characters carry about 190 bits from the operating system's
//! generator.

mod find;
mod scan;

pub use find::{contains_secret, find_secrets, redact_secrets};
pub use scan::{Position, ScanBuffer, SecretScanner};

use std::fmt;
use std::hash::{Hash, Hasher};

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::domain::name::Prefix;
use crate::domain::wire_format::SecretValue;
use crate::error::{Error, Result};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PUBLIC_ID_LEN: usize = 8;
const RANDOM_LEN: usize = 32;
const CHECK_LEN: usize = 6;
/// Number of bytes after the prefix and its underscore.
const TAIL_LEN: usize = PUBLIC_ID_LEN + 1 + RANDOM_LEN + CHECK_LEN;

/// Returns a regular expression for secrets with this prefix, for programs that know no checksum.
pub fn secret_pattern(prefix: &Prefix) -> String {
    format!("{prefix}_[0-9A-Za-z]{{{PUBLIC_ID_LEN}}}_[0-9A-Za-z]{{{}}}", RANDOM_LEN + CHECK_LEN)
}

/// The 8 random characters that identify a secret. Safe to show.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicId([u8; PUBLIC_ID_LEN]);

/// Hashes the id as one number, for speed: every request hashes an id.
impl Hash for PublicId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(u64::from_ne_bytes(self.0));
    }
}

impl PublicId {
    /// Parses 8 base62 characters; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let id = text.as_bytes().try_into().ok().map(PublicId);
        id.filter(|PublicId(id)| id.iter().all(u8::is_ascii_alphanumeric))
    }

    /// Reads the id of a hint, the opposite of [`PublicId::hint`].
    pub fn from_hint(hint: &str) -> Option<Self> {
        hint.rsplit_once('_').and_then(|(_, id)| Self::parse(id))
    }

    pub fn as_str(&self) -> &str {
        // Letters and digits only, so always valid UTF-8.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Returns the public head of the secret, `jtn_Ab12Cd34`.
    pub fn hint(&self, prefix: &Prefix) -> String {
        format!("{prefix}_{}", self.as_str())
    }
}

impl fmt::Display for PublicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for PublicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicId({})", self.as_str())
    }
}

/// SHA-256 of a whole secret.
#[derive(Clone)]
pub struct SecretDigest([u8; 32]);

impl SecretDigest {
    fn new(text: &str) -> Self {
        SecretDigest(Sha256::digest(text.as_bytes()).into())
    }

    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        SecretDigest(bytes)
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Compares in constant time.
    pub fn matches(&self, other: &SecretDigest) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for SecretDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretDigest(…)")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretParseError {
    Malformed,
    /// Well-formed, but the checksum differs: mistyped or cut off.
    Checksum,
}

/// A secret, shown only once. Wiped from memory on drop; no `Clone`, `Display` or `Serialize`.
pub struct Secret {
    text: Zeroizing<String>,
    public_id: PublicId,
}

impl Secret {
    /// Generates a new secret. `fill` is the operating system's generator.
    pub fn generate(prefix: &Prefix, mut fill: impl FnMut(&mut [u8]) -> Result<()>) -> Result<Self> {
        let id = base62(PUBLIC_ID_LEN, &mut fill)?;
        let random = base62(RANDOM_LEN, &mut fill)?;
        let mut text = Zeroizing::new(String::with_capacity(prefix.as_str().len() + 1 + TAIL_LEN));
        for part in [prefix.as_str(), "_", &id, "_", &random] {
            text.push_str(part);
        }
        let check = checksum(text.as_bytes());
        text.extend(check.map(char::from));
        let public_id = PublicId::parse(&id).ok_or_else(|| Error::failure("jeton could not generate a secret"))?;
        Ok(Secret { text, public_id })
    }

    /// Parses a presented secret. Nothing is trimmed.
    ///
    /// # Errors
    /// The fault, which never contains a part of the text.
    pub fn parse(text: &str) -> std::result::Result<Self, SecretParseError> {
        let public_id = public_id_in(text)?;
        Ok(Secret { text: Zeroizing::new(text.to_owned()), public_id })
    }

    /// Lends the text to `f`. There is no other access to the text.
    pub fn expose<T>(&self, f: impl FnOnce(&str) -> T) -> T {
        f(&self.text)
    }

    pub fn public_id(&self) -> &PublicId {
        &self.public_id
    }

    /// Returns the public head, which is safe to show and log.
    pub fn hint(&self) -> &str {
        &self.text[..self.text.len() - TAIL_LEN + PUBLIC_ID_LEN]
    }

    /// Returns the number of characters after the hint and its underscore. A masked secret shows these as dots.
    pub const fn masked_len() -> usize {
        RANDOM_LEN + CHECK_LEN
    }

    pub fn digest(&self) -> SecretDigest {
        SecretDigest::new(&self.text)
    }

    pub fn fingerprint(&self) -> SecretFingerprint {
        SecretFingerprint { public_id: self.public_id.clone(), digest: self.digest() }
    }
}

/// Returns the public id of a text in the form of a secret with the right checksum. Doesn't allocate, because it runs
/// for each request.
fn public_id_in(text: &str) -> std::result::Result<PublicId, SecretParseError> {
    let text = text.as_bytes();
    let (head, tail) = text.split_last_chunk::<TAIL_LEN>().ok_or(SecretParseError::Malformed)?;
    let (id, rest) = tail.split_first_chunk::<PUBLIC_ID_LEN>().ok_or(SecretParseError::Malformed)?;
    let prefix = head.strip_suffix(b"_").ok_or(SecretParseError::Malformed)?;
    let body = rest.strip_prefix(b"_").ok_or(SecretParseError::Malformed)?;
    if !Prefix::is_valid(prefix) || !id.iter().chain(body).all(u8::is_ascii_alphanumeric) {
        return Err(SecretParseError::Malformed);
    }
    let (checked, check) = text.split_last_chunk::<CHECK_LEN>().ok_or(SecretParseError::Malformed)?;
    if checksum(checked) != *check {
        return Err(SecretParseError::Checksum);
    }
    Ok(PublicId(*id))
}

/// The fingerprint of a presented secret. Contains all data for a decision, and no data that could be presented again.
#[derive(Debug, Clone)]
pub struct SecretFingerprint {
    public_id: PublicId,
    digest: SecretDigest,
}

impl SecretFingerprint {
    /// Parses a presented secret. Nothing is trimmed, and no part of the text is stored.
    pub fn parse(text: &str) -> std::result::Result<Self, SecretParseError> {
        Ok(SecretFingerprint { public_id: public_id_in(text)?, digest: SecretDigest::new(text) })
    }

    pub fn public_id(&self) -> &PublicId {
        &self.public_id
    }

    pub fn digest(&self) -> &SecretDigest {
        &self.digest
    }
}

/// A text that was presented as a secret and may be one. Wiped from memory on drop, never shown or logged.
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    pub fn new(text: Zeroizing<String>) -> Self {
        SecretText(text)
    }

    /// Returns the public head, which is safe to show. `None` unless the text has the form of a secret.
    pub fn hint(&self) -> Option<&str> {
        let hint = self.0.len().checked_sub(TAIL_LEN - PUBLIC_ID_LEN)?;
        if find::is_secret(&self.0) { self.0.get(..hint) } else { None }
    }

    pub fn parse(&self) -> std::result::Result<SecretFingerprint, SecretParseError> {
        SecretFingerprint::parse(&self.0)
    }
}

impl SecretValue for SecretText {
    fn with_text<T>(&self, f: impl FnOnce(&str) -> T) -> Option<T> {
        Some(f(&self.0))
    }

    fn from_text(text: Zeroizing<String>) -> Option<Self> {
        Some(SecretText(text))
    }
}

impl SecretValue for Secret {
    fn with_text<T>(&self, f: impl FnOnce(&str) -> T) -> Option<T> {
        Some(self.expose(f))
    }

    fn from_text(text: Zeroizing<String>) -> Option<Self> {
        Secret::parse(&text).ok()
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Presented(…)")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({}…)", self.hint())
    }
}

/// Returns `len` unbiased base62 characters. Bytes from 248 (4 × 62) up are discarded.
fn base62(len: usize, fill: &mut impl FnMut(&mut [u8]) -> Result<()>) -> Result<Zeroizing<String>> {
    let mut out = Zeroizing::new(String::with_capacity(len));
    let mut pool = Zeroizing::new([0u8; 64]);
    while out.len() < len {
        fill(pool.as_mut())?;
        for byte in pool.iter().filter(|b| **b < 248).take(len - out.len()) {
            out.push(char::from(ALPHABET[usize::from(byte % 62)]));
        }
    }
    Ok(out)
}

fn checksum(text: &[u8]) -> [u8; CHECK_LEN] {
    let mut rest = crc32fast::hash(text);
    let mut digits = [0u8; CHECK_LEN];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(super) fn from_seed(seed: u64) -> Secret {
        let mut state = seed;
        Secret::generate(&Prefix::default(), |buf| {
            for byte in buf {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                *byte = (state >> 33) as u8;
            }
            Ok(())
        })
        .unwrap()
    }

    #[test]
    fn secret_shows_only_its_hint() {
        let secret = from_seed(7);
        secret.expose(|s| {
            assert_eq!(s.len(), 4 + TAIL_LEN);
            assert!(s.starts_with(secret.hint()));
            assert_eq!(secret.hint().len(), 12);
        });
        assert_eq!(format!("{secret:?}"), format!("Secret({}…)", secret.hint()));
    }

    #[test]
    fn letters_are_unbiased() {
        let mut byte = 0u8;
        let mut counts = [0u32; 62];
        let text = base62(248 * 62, &mut |buf: &mut [u8]| {
            for b in buf {
                *b = byte;
                byte = byte.wrapping_add(1);
            }
            Ok(())
        })
        .unwrap();
        for b in text.bytes() {
            counts[ALPHABET.iter().position(|a| *a == b).unwrap()] += 1;
        }
        assert!(counts.iter().all(|c| *c == 248), "{counts:?}");
    }

    #[test]
    fn secret_parse_errors_are_distinct() {
        from_seed(1).expose(|good| {
            assert!(Secret::parse(good).is_ok());
            let mut typo = good.to_owned();
            typo.replace_range(20..21, if &good[20..21] == "a" { "b" } else { "a" });
            assert_eq!(Secret::parse(&typo).unwrap_err(), SecretParseError::Checksum);
            for bad in [
                format!("{good} "),
                format!(" {good}"),
                good[1..].to_owned(),
                good.to_uppercase(),
                String::new(),
                "_".repeat(51),
                format!("{good}\n"),
                good.replace('_', "-"),
            ] {
                assert!(Secret::parse(&bad).is_err(), "{bad:?}");
            }
        });
    }

    proptest! {
        #[test]
        fn every_secret_reads_back(seed: u64) {
            let secret = from_seed(seed);
            let again = secret.expose(Secret::parse).unwrap();
            prop_assert!(again.digest().matches(&secret.digest()));
            prop_assert_eq!(again.public_id(), secret.public_id());
        }

        #[test]
        fn one_wrong_character_is_noticed(seed: u64, at in 0usize..51, letter in 0usize..62) {
            let secret = from_seed(seed);
            let mut wrong = secret.expose(str::to_owned).into_bytes();
            prop_assume!(wrong[at] != ALPHABET[letter]);
            wrong[at] = ALPHABET[letter];
            prop_assert!(Secret::parse(&String::from_utf8(wrong).unwrap()).is_err());
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = (Secret::parse(&text), find_secrets(text.as_bytes(), 3));
        }
    }
}
