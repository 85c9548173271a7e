//! Rules for other programs that search for secrets.

use super::fill_template;
use crate::domain::name::Prefix;
use crate::domain::secret::secret_pattern;

/// A program that searches files and git repositories for secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretScannerKind {
    Gitleaks,
    Trufflehog,
}

/// Returns the rule that finds secrets with this prefix. The program never sends what it found to jeton: a rule that
/// verifies would send secrets to any program that answers at that address.
pub fn secret_rule(kind: SecretScannerKind, prefix: &Prefix) -> String {
    let template = match kind {
        SecretScannerKind::Gitleaks => include_str!("../../assets/scanners/gitleaks.toml"),
        SecretScannerKind::Trufflehog => include_str!("../../assets/scanners/trufflehog.yaml"),
    };
    fill_template(template, &[("@PREFIX@", prefix.as_str()), ("@PATTERN@", &secret_pattern(prefix))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::Secret;
    use granit_parser::{Event, Parser};
    use regex::Regex;

    fn secret(prefix: &Prefix) -> String {
        let mut byte = 0u8;
        let fill = |buffer: &mut [u8]| {
            buffer.iter_mut().for_each(|b| {
                byte = byte.wrapping_mul(5).wrapping_add(17);
                *b = byte;
            });
            Ok(())
        };
        Secret::generate(prefix, fill).unwrap().expose(str::to_owned)
    }

    #[test]
    fn gitleaks_rule_finds_secrets() {
        let prefix = Prefix::parse("acme2").unwrap();
        let rules: toml::Table = secret_rule(SecretScannerKind::Gitleaks, &prefix).parse().unwrap();
        let rule = &rules["rules"][0];
        let (regex, keyword) = (rule["regex"].as_str().unwrap(), rule["keywords"][0].as_str().unwrap());
        assert_finds(regex, keyword, &prefix);
    }

    #[test]
    fn trufflehog_rule_finds_secrets() {
        let prefix = Prefix::default();
        let text = secret_rule(SecretScannerKind::Trufflehog, &prefix);
        let scalars: Vec<String> = Parser::new_from_str(&text)
            .filter_map(|event| match event.unwrap().0 {
                Event::Scalar(text, ..) => Some(text.into_owned()),
                _ => None,
            })
            .collect();
        let [_, _, _, _, keyword, _, name, regex] = &scalars[..] else { panic!("{scalars:?}") };
        assert_eq!(name, "secret");
        assert_finds(regex, keyword, &prefix);
    }

    fn assert_finds(regex: &str, keyword: &str, prefix: &Prefix) {
        let (regex, secret) = (Regex::new(regex).unwrap(), secret(prefix));
        assert!(secret.starts_with(keyword));
        for text in [secret.clone(), format!("x{secret}"), format!("\"{secret}\""), format!("u:{secret}@host")] {
            assert_eq!(regex.find(&text).map(|found| found.as_str()), Some(secret.as_str()));
        }
        for text in [&secret[..secret.len() - 1], &secret[1..], &secret.replace('_', "-"), keyword] {
            assert!(!regex.is_match(text));
        }
    }
}
