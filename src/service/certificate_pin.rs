//! The pin of a certificate: a hash of its public key.

use std::fmt;

use crate::domain::checkpoint::{hex, parse_hex};
use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};

const PREFIX: &str = "sha256:";

/// The SHA-256 of a certificate's SubjectPublicKeyInfo, written as `sha256:HEX`. A renewed certificate keeps the pin if
/// its key stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificatePin([u8; 32]);

impl CertificatePin {
    pub fn new(hash: [u8; 32]) -> Self {
        CertificatePin(hash)
    }

    pub fn parse(text: &str) -> Result<Self> {
        let hash = text.strip_prefix(PREFIX).and_then(|digits| parse_hex(&digits.to_ascii_lowercase()));
        hash.map(CertificatePin).ok_or_else(|| {
            Error::usage(format!("\"{}\" is not the pin of a certificate", excerpt(text, 80)))
                .why("use sha256: and 64 hexadecimal digits, as the log of jeton serve shows")
        })
    }
}

impl fmt::Display for CertificatePin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", hex(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pin_reads_back() {
        let text = format!("sha256:{}", "0aF9".repeat(16));
        assert_eq!(CertificatePin::parse(&text).unwrap().to_string(), text.to_lowercase());
        let short = &text[..text.len() - 1];
        for text in ["", &text[7..], short, &format!("{short}+"), &format!("{short}é"), &format!("{text}0")] {
            assert!(CertificatePin::parse(text).is_err(), "{text}");
        }
    }
}
