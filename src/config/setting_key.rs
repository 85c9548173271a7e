use std::time::Duration;

use super::screens::{Motion, ThemeName};
use crate::domain::date_format::DateFormat;
use crate::domain::name::{TokenName, Username};
use crate::domain::suggest::did_you_mean;
use crate::domain::untrusted_text::{escape_untrusted, excerpt};
use crate::error::{Error, Result};
use crate::service::certificate_pin::CertificatePin;
use crate::service::credential_sources::CredentialSources;
use crate::service::endpoint::Endpoint;
use crate::service::management_addresses::ManagementAddresses;
use crate::service::server_address::ServerAddress;
use crate::service::server_colour::ServerColour;
use crate::service::trusted_proxies::TrustedProxies;

/// A key of a configuration file. The table below describes each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKey {
    Store,
    StoreColour,
    Server,
    ServerCa,
    ServerPin,
    ServerInsecure,
    Username,
    ApiTokenName,
    ApiToken,
    LockAfter,
    ConfirmRemember,
    Dates,
    Accessible,
    Mouse,
    Tips,
    Theme,
    Motion,
    ReadOnly,
    ServeVerify,
    ServeVerifyGroup,
    ServeManage,
    ServeManageGroup,
    ServeCertificate,
    ServeKey,
    ServeAccept,
    ServeProxies,
}

/// Every key, in the order of its variants: name, and description for `jeton config --help` and
/// `docs/configuration.md`. A dot in a name leads into a table of the file.
const KEYS: [(SettingKey, &str, &str); 26] = [
    (SettingKey::Store, "store", "Path of the store's file"),
    (
        SettingKey::StoreColour,
        "store-colour",
        "Colour of the machine's name on the screens, if a store is used: red, green, yellow, blue, magenta or cyan",
    ),
    (
        SettingKey::Server,
        "server",
        "Server to use instead of a store: unix:PATH, https://HOST:PORT, or a name from servers.NAME",
    ),
    (
        SettingKey::ServerCa,
        "server-ca",
        "PEM file with the certificate of an https server, or of its certificate authority",
    ),
    (SettingKey::ServerPin, "server-pin", "Hash of an https server's key, from the log of jeton serve: sha256:HEX"),
    (
        SettingKey::ServerInsecure,
        "server-insecure",
        "yes: allow passwords and tokens to http://ADDRESS:PORT; another local user could listen there",
    ),
    (SettingKey::Username, "username", "Account to use if --user is not given"),
    (
        SettingKey::ApiTokenName,
        "api-token-name",
        "Name that the token must have; jeton refuses a token with another name",
    ),
    (
        SettingKey::ApiToken,
        "api-token",
        "Token to use instead of a password; config set reads the token from stdin or a prompt",
    ),
    (SettingKey::LockAfter, "lock.after", "Time without input until the screens lock; 0s = never"),
    (
        SettingKey::ConfirmRemember,
        "confirm.remember",
        "Time for which the screens remember a typed password; 0s = ask each time",
    ),
    (SettingKey::Dates, "dates", "How dates are shown: iso (2026-12-31) or dmy (31-12-2026)"),
    (SettingKey::Accessible, "accessible", "yes: numbered menus for a screen reader instead of the screens"),
    (
        SettingKey::Mouse,
        "mouse",
        "yes: clicks and the wheel act on the screens (GNU screen: only if set); no: the mouse selects text",
    ),
    (SettingKey::Tips, "tips", "yes: some screens show tips, each of them once"),
    (SettingKey::Theme, "theme", "Colours of the screens: auto, dark, light, terminal, mono, or a theme of your own"),
    (SettingKey::Motion, "motion", "Motion on the screens: full, or reduced (no animation)"),
    (SettingKey::ReadOnly, "readonly", "yes: the screens show everything and change nothing, as with --readonly"),
    (SettingKey::ServeVerify, "serve.verify", "Address at which jeton verifies tokens: unix:PATH or ADDRESS:PORT"),
    (SettingKey::ServeVerifyGroup, "serve.verify-group", "Group that can use the socket of serve.verify"),
    (
        SettingKey::ServeManage,
        "serve.manage",
        "Addresses for management, health and metrics: unix:PATH, https://ADDRESS:PORT, comma-separated",
    ),
    (SettingKey::ServeManageGroup, "serve.manage-group", "Group that can use the socket of serve.manage"),
    (
        SettingKey::ServeCertificate,
        "serve.certificate",
        "PEM file with the certificate for https and its certificate chain",
    ),
    (SettingKey::ServeKey, "serve.key", "PEM file with the key of the certificate"),
    (
        SettingKey::ServeAccept,
        "serve.accept",
        "More places for tokens in requests: header:NAME, query:NAME, comma-separated",
    ),
    (
        SettingKey::ServeProxies,
        "serve.proxies",
        "Networks of proxies in front of your proxy; jeton trusts their X-Forwarded-For",
    ),
];

impl SettingKey {
    /// Returns every key, in the order in which they are listed.
    pub fn all() -> impl Iterator<Item = SettingKey> {
        KEYS.into_iter().map(|(key, ..)| key)
    }

    pub const fn name(self) -> &'static str {
        KEYS[self as usize].1
    }

    pub const fn help(self) -> &'static str {
        KEYS[self as usize].2
    }

    /// Parses a name, with hyphens or underscores.
    pub fn parse(text: &str) -> Result<Self> {
        let name = text.replace('_', "-");
        SettingKey::all().find(|k| k.name() == name).ok_or_else(|| {
            let names: Vec<&str> = SettingKey::all().map(SettingKey::name).collect();
            let error = Error::usage(format!("no setting \"{}\"", escape_untrusted(text)))
                .why(format!("the settings are: {}", names.join(", ")));
            did_you_mean(error, text, names)
        })
    }

    /// Returns `true` if the value is the path of a file.
    pub const fn is_path(self) -> bool {
        matches!(self, SettingKey::Store | SettingKey::ServerCa | SettingKey::ServeCertificate | SettingKey::ServeKey)
    }

    /// Parses the value of a setting that is on or off.
    pub(super) fn parse_yes_or_no(self, text: &str) -> Result<bool> {
        match text {
            "yes" => Ok(true),
            "no" => Ok(false),
            _ => {
                let what = format!("{} can't be \"{}\"", self.name(), excerpt(text, 32));
                Err(Error::usage(what).why("use yes or no"))
            }
        }
    }

    /// Checks a value. A token is checked when it is read.
    pub fn check(self, value: &str) -> Result<()> {
        match self {
            key if key.is_path() && (value.is_empty() || value.starts_with('~')) => {
                let why = match value.is_empty() {
                    true => "the path is empty",
                    false => "only a shell replaces ~ by the home folder; write the full path",
                };
                Err(Error::usage(format!("invalid path for {}", key.name())).why(why))
            }
            SettingKey::Store
            | SettingKey::ServerCa
            | SettingKey::ServeCertificate
            | SettingKey::ServeKey
            | SettingKey::ApiToken => Ok(()),
            SettingKey::ServerPin => CertificatePin::parse(value).map(drop),
            SettingKey::ServerInsecure
            | SettingKey::Accessible
            | SettingKey::Mouse
            | SettingKey::Tips
            | SettingKey::ReadOnly => self.parse_yes_or_no(value).map(drop),
            SettingKey::Server => ServerAddress::parse(value).map(drop),
            SettingKey::Username => Username::parse(value).map(drop),
            SettingKey::ApiTokenName => TokenName::parse(value).map(drop),
            SettingKey::LockAfter | SettingKey::ConfirmRemember => parse_duration(value).map(drop),
            SettingKey::StoreColour => ServerColour::parse(value).map(drop),
            SettingKey::Dates => DateFormat::parse(value).map(drop),
            SettingKey::Theme => ThemeName::parse(value).map(drop),
            SettingKey::Motion => Motion::parse(value).map(drop),
            SettingKey::ServeVerify => Endpoint::parse(value).map(drop),
            SettingKey::ServeManage => ManagementAddresses::parse(value).map(drop),
            SettingKey::ServeVerifyGroup | SettingKey::ServeManageGroup => parse_group(value).map(drop),
            SettingKey::ServeAccept => CredentialSources::parse(value).map(drop),
            SettingKey::ServeProxies => TrustedProxies::parse(value).map(drop),
        }
    }
}

/// Parses a Unix group, as name or number. The group need not exist.
pub(super) fn parse_group(text: &str) -> Result<String> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    if (1..=32).contains(&text.len()) && text.bytes().all(fits) {
        return Ok(text.to_owned());
    }
    Err(Error::usage(format!("\"{}\" is not a group", excerpt(text, 32)))
        .why("use a name of 1-32 characters (A-Z a-z 0-9 . _ -) or a number"))
}

const MAX_DURATION: Duration = Duration::from_secs(24 * 60 * 60);

/// Parses a duration: `0s`, `90s`, `5min` or `1h`, at most a day.
pub(super) fn parse_duration(text: &str) -> Result<Duration> {
    let refused = || {
        Error::usage(format!("\"{}\" is not a time span", excerpt(text, 32)))
            .why("use a whole number with s, min or h, e.g. 0s, 90s, 5min or 1h. The limit is 24h")
    };
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(refused)?;
    let (digits, unit) = text.split_at(unit_at);
    let count: u64 = digits.parse().map_err(|_| refused())?;
    let seconds = match unit {
        "s" => 1,
        "min" => 60,
        "h" => 3_600,
        _ => return Err(refused()),
    };
    let pause = Duration::from_secs(count.saturating_mul(seconds));
    if pause > MAX_DURATION {
        return Err(Error::usage(format!("\"{}\" is too long", excerpt(text, 32))).why("the limit is 24h"));
    }
    Ok(pause)
}

/// Formats a duration in the format of [`parse_duration`].
pub(super) fn describe_duration(pause: &Duration) -> String {
    match pause.as_secs() {
        0 => "0s".to_owned(),
        s if s.is_multiple_of(3_600) => format!("{}h", s / 3_600),
        s if s.is_multiple_of(60) => format!("{}min", s / 60),
        s => format!("{s}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_parsed_and_described() {
        for text in ["0s", "90s", "5min", "1h", "24h"] {
            assert_eq!(describe_duration(&parse_duration(text).unwrap()), text);
        }
        for text in ["", "5", "min", "-1s", "25h", "5m", "1 h", "99999999999999999999s", "18446744073709551615h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        insta::assert_snapshot!(parse_duration("25h").unwrap_err(), @r#""25h" is too long: the limit is 24h"#);
    }

    #[test]
    fn every_key_is_parsed_back() {
        for (n, key) in SettingKey::all().enumerate() {
            assert_eq!(key as usize, n, "{key:?} is at its place in the table");
            assert_eq!(SettingKey::parse(key.name()).unwrap(), key);
        }
        assert!(SettingKey::parse("colour").is_err());
    }
}
