//! The mutual proof between jeton's verify port and a proxy. Each shows the other that it holds the installation's
//! value.
//!
//! Any local user can take a TCP port while jeton is down. There they could see the requests of a proxy, and send
//! jeton the same requests later. So an answer is proven by a digest over a number, the caller's identity, and a key.
//! The proxy makes up a new number for every request, and the key is never sent over the port. An observed digest is
//! therefore worthless for the next request.
//!
//! The request proof is sent over the port. It only makes jeton trust `X-Forwarded-For`, and nothing else.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use md5::Md5;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Length of a value, in bytes.
pub const PROOF_LEN: usize = 32;
/// Maximum length of a proxy's number, in characters.
const MAX_NONCE: usize = 64;
/// Minimum length of a proxy's number: 16 bytes in hexadecimal.
const MIN_NONCE: usize = 32;

/// A digest that a proxy can compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DigestKind {
    /// For nginx, which supports no other digest (`secure_link_md5`). It can't be forged, because both sides of the
    /// digested text carry a secret key.
    Md5,
    /// For all other proxies.
    Sha256,
}

/// The installation's value. It is a secret: anyone who has it can answer in place of jeton.
#[derive(Clone)]
pub struct ProxyProof(Zeroizing<[u8; PROOF_LEN]>);

impl fmt::Debug for ProxyProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProxyProof(…)")
    }
}

impl ProxyProof {
    /// Wraps `PROOF_LEN` random bytes.
    pub fn new(bytes: Zeroizing<[u8; PROOF_LEN]>) -> Self {
        ProxyProof(bytes)
    }

    /// Parses the output of [`ProxyProof::to_hex`].
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; PROOF_LEN]);
        if text.len() != 2 * PROOF_LEN || !text.is_ascii() {
            return None;
        }
        for (n, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * n..2 * n + 2)?, 16).ok()?;
        }
        Some(ProxyProof(bytes))
    }

    /// Formats the value for the file where jeton stores it.
    pub fn to_hex(&self) -> Zeroizing<String> {
        hex(&*self.0)
    }

    fn derived(&self, purpose: &str) -> Zeroizing<String> {
        let mut digest = Sha256::new();
        digest.update(format!("jeton proxy proof, {purpose}:"));
        digest.update(*self.0);
        hex(&digest.finalize())
    }

    /// Returns the proof that a proxy sends with each request.
    pub fn request(&self) -> Zeroizing<String> {
        self.derived("request")
    }

    /// Returns `true` if a proxy that holds this value sent `text`.
    pub fn is_request(&self, text: &[u8]) -> bool {
        self.request().as_bytes().ct_eq(text).into()
    }

    /// Returns the key of answers, for the printed configuration.
    pub fn answer_key(&self, kind: DigestKind) -> Zeroizing<String> {
        self.derived(match kind {
            DigestKind::Md5 => "answer, md5",
            DigestKind::Sha256 => "answer, sha256",
        })
    }

    /// Returns the proof of an answer with `fields`.
    pub fn answer<'a>(&self, challenge: &Challenge<'_>, fields: impl Iterator<Item = &'a [u8]>) -> String {
        let key = self.answer_key(challenge.kind);
        let mut text = Zeroizing::new(Vec::with_capacity(512));
        text.extend_from_slice(key.as_bytes());
        let mut add = |field: &[u8]| {
            text.push(b'|');
            text.extend_from_slice(field);
        };
        add(challenge.nonce.as_bytes());
        fields.for_each(&mut add);
        add(key.as_bytes());
        match challenge.kind {
            DigestKind::Sha256 => hex(&Sha256::digest(&*text)).to_string(),
            // In the form that nginx compares.
            DigestKind::Md5 => Base64UrlUnpadded::encode_string(&Md5::digest(&*text)),
        }
    }
}

/// A number made up by a proxy: `md5:` or `sha256:`, and 32 to 64 of `0-9 a-f -`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Challenge<'a> {
    kind: DigestKind,
    nonce: &'a str,
}

impl<'a> Challenge<'a> {
    pub fn parse(text: &'a str) -> Option<Self> {
        let (kind, nonce) = text.split_once(':')?;
        let kind = match kind {
            "md5" => DigestKind::Md5,
            "sha256" => DigestKind::Sha256,
            _ => return None,
        };
        let fits = |b: u8| b.is_ascii_digit() || matches!(b, b'a'..=b'f' | b'-');
        let is_nonce = (MIN_NONCE..=MAX_NONCE).contains(&nonce.len()) && nonce.bytes().all(fits);
        is_nonce.then_some(Challenge { kind, nonce })
    }
}

fn hex(bytes: &[u8]) -> Zeroizing<String> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |n: u8| char::from(DIGITS[usize::from(n & 15)]);
    let mut text = Zeroizing::new(String::with_capacity(2 * bytes.len()));
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(*byte));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(byte: u8) -> ProxyProof {
        ProxyProof::new(Zeroizing::new([byte; PROOF_LEN]))
    }

    #[test]
    fn value_reads_back_and_shows_nothing() {
        let value = proof(7);
        assert_eq!(*ProxyProof::from_hex(&value.to_hex()).unwrap().to_hex(), *value.to_hex());
        for text in ["", "07", &"zz".repeat(PROOF_LEN), &"07".repeat(PROOF_LEN + 1), &"é".repeat(PROOF_LEN)] {
            assert!(ProxyProof::from_hex(text).is_none(), "{text}");
        }
        assert_eq!(format!("{value:?}"), "ProxyProof(…)");
        let all = [value.request(), value.answer_key(DigestKind::Md5), value.answer_key(DigestKind::Sha256)];
        assert!(all[0] != all[1] && all[1] != all[2] && all.iter().all(|derived| **derived != *value.to_hex()));
        assert!(value.is_request(all[0].as_bytes()) && !value.is_request(all[1].as_bytes()) && !value.is_request(b""));
        assert!(!proof(8).is_request(all[0].as_bytes()));
    }

    #[test]
    fn answer_differs_by_number_field_and_value() {
        let nonce = "0123456789abcdef0123456789abcdef";
        for kind in ["md5", "sha256"] {
            let challenge = format!("{kind}:{nonce}");
            let other = format!("{kind}:{}", nonce.replace('0', "1"));
            let answer = |value: u8, challenge: &str, role: &'static str| {
                let fields = ["ci", "a:1", role].map(str::as_bytes);
                proof(value).answer(&Challenge::parse(challenge).unwrap(), fields.into_iter())
            };
            let first = answer(1, &challenge, "member");
            assert_eq!(first, answer(1, &challenge, "member"));
            for changed in
                [answer(2, &challenge, "member"), answer(1, &other, "member"), answer(1, &challenge, "owner")]
            {
                assert_ne!(first, changed, "{kind}");
            }
        }
    }

    #[test]
    fn only_well_formed_challenges_are_answered() {
        assert!(Challenge::parse("sha256:0123abcd-0123-0123-0123-0123456789ab").is_some());
        let long = format!("md5:{}", "0".repeat(65));
        for text in [
            "",
            "md5",
            "md5:",
            "sha1:0123456789abcdef0123456789abcdef",
            "md5:0123",
            &long,
            "md5:0123456789ABCDEF0123456789ABCDEF",
        ] {
            assert!(Challenge::parse(text).is_none(), "{text}");
        }
    }
}
