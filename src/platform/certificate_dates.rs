//! The time until which a certificate is valid, read from its DER (RFC 5280, section 4.1).

use rustls::pki_types::CertificateDer;

use crate::domain::time::Timestamp;

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// The explicit tag of a certificate's version, which may be missing.
const VERSION: u8 = 0xa0;

/// Returns the end of the certificate's validity. `None` if its form isn't known.
pub fn not_after(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let (whole, _) = element(certificate, SEQUENCE)?;
    let (mut body, _) = element(whole, SEQUENCE)?;
    if let Some((_, rest)) = element(body, VERSION) {
        body = rest;
    }
    // The serial number, the algorithm and the issuer are before the validity.
    for tag in [INTEGER, SEQUENCE, SEQUENCE] {
        body = element(body, tag)?.1;
    }
    let (validity, _) = element(body, SEQUENCE)?;
    let (_, end) = element(validity, UTC_TIME).or_else(|| element(validity, GENERALIZED_TIME))?;
    match element(end, UTC_TIME) {
        Some((time, _)) => {
            let time = std::str::from_utf8(time).ok()?;
            let century = if time.get(..2)?.parse::<u32>().ok()? < 50 { "20" } else { "19" };
            parse(&format!("{century}{time}"))
        }
        None => parse(std::str::from_utf8(element(end, GENERALIZED_TIME)?.0).ok()?),
    }
}

/// Parses `YYYYMMDDHHMMSSZ`.
fn parse(time: &str) -> Option<Timestamp> {
    let digits = time.strip_suffix('Z').filter(|digits| digits.len() == 14 && digits.is_ascii())?;
    let (year, month, day) = (&digits[..4], &digits[4..6], &digits[6..8]);
    let (hour, minute, second) = (&digits[8..10], &digits[10..12], &digits[12..]);
    Timestamp::parse_rfc3339(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}

/// Returns the content of the first element of `der`, and what follows it. `None` if it has another tag.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..0x80 => (usize::from(first), rest),
        _ => {
            let (bytes, rest) =
                rest.split_at_checked(usize::from(first & 0x7f)).filter(|(bytes, _)| bytes.len() <= 4)?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
    };
    rest.split_at_checked(length).filter(|_| found == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(year: i32) -> CertificateDer<'static> {
        let mut parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        parameters.not_after = rcgen::date_time_ymd(year, 2, 3);
        let key = rcgen::KeyPair::generate().unwrap();
        parameters.self_signed(&key).unwrap().der().clone()
    }

    #[test]
    fn end_of_validity_is_read() {
        for (year, expected) in [
            (2001, "2001-02-03T00:00:00Z"),
            (2049, "2049-02-03T00:00:00Z"),
            (2050, "2050-02-03T00:00:00Z"),
            (9999, "9999-02-03T00:00:00Z"),
        ] {
            assert_eq!(not_after(&certificate(year)).unwrap().rfc3339(), expected);
        }
    }

    #[test]
    fn cut_certificate_has_no_end() {
        let whole = certificate(2030);
        for length in 0..whole.len().min(200) {
            assert_eq!(not_after(&CertificateDer::from(whole[..length].to_vec())), None);
        }
    }
}
