//! The keys of a configuration file.

use std::time::Duration;

use crate::domain::credential_sources::CredentialSources;
use crate::domain::endpoint::Endpoint;
use crate::domain::name::{TokenName, Username};
use crate::domain::suggest::did_you_mean;
use crate::domain::text::escape_untrusted;
use crate::domain::trusted_proxies::TrustedProxies;
use crate::error::{Error, Result};

/// A key of a configuration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// Path of the store.
    Store,
    /// Name of the account that signs in.
    Username,
    /// Name that the presented token must have.
    ApiTokenName,
    /// Token that signs in instead of a password.
    ApiToken,
    /// Time without input after which the screens are locked.
    LockAfter,
    /// Time for which the screens keep a password that was typed for a change.
    ConfirmRemember,
    /// Address of the verify listener.
    ServeVerify,
    /// Group that may access the verify socket.
    ServeVerifyGroup,
    /// Address of the management listener.
    ServeManage,
    /// Group that may access the management socket.
    ServeManageGroup,
    /// Places where tokens are accepted in addition to `Authorization`.
    ServeAccept,
    /// Peers that may name the client they ask for.
    ServeProxies,
}

impl Key {
    /// Every key, in the order in which they are listed.
    pub const ALL: [Key; 12] = [
        Key::Store,
        Key::Username,
        Key::ApiTokenName,
        Key::ApiToken,
        Key::LockAfter,
        Key::ConfirmRemember,
        Key::ServeVerify,
        Key::ServeVerifyGroup,
        Key::ServeManage,
        Key::ServeManageGroup,
        Key::ServeAccept,
        Key::ServeProxies,
    ];

    /// Returns the key's name. A dot leads into a table of the file.
    pub const fn name(self) -> &'static str {
        match self {
            Key::Store => "store",
            Key::Username => "username",
            Key::ApiTokenName => "api-token-name",
            Key::ApiToken => "api-token",
            Key::LockAfter => "lock.after",
            Key::ConfirmRemember => "confirm.remember",
            Key::ServeVerify => "serve.verify",
            Key::ServeVerifyGroup => "serve.verify-group",
            Key::ServeManage => "serve.manage",
            Key::ServeManageGroup => "serve.manage-group",
            Key::ServeAccept => "serve.accept",
            Key::ServeProxies => "serve.proxies",
        }
    }

    /// Returns the key's description, for `jeton config --help` and `docs/configuration.md`.
    pub const fn help(self) -> &'static str {
        match self {
            Key::Store => "Path of the store's file",
            Key::Username => "The account that asks, where --user isn't given",
            Key::ApiTokenName => "The name that the token used instead of a password must have",
            Key::ApiToken => "A token used instead of a password; read from stdin or a prompt, never an argument",
            Key::LockAfter => "Time without a key until the screens lock; 0s = never",
            Key::ConfirmRemember => "For how long the screens keep a password that confirmed a change; 0s = not",
            Key::ServeVerify => "Where the service checks tokens: unix:PATH or ADDRESS:PORT",
            Key::ServeVerifyGroup => "The group that may use that socket",
            Key::ServeManage => "Where the service is managed: unix:PATH or ADDRESS:PORT",
            Key::ServeManageGroup => "The group that may use that socket",
            Key::ServeAccept => "Other places for a token: header:NAME, query:NAME, separated by commas",
            Key::ServeProxies => "Networks of proxies in front of yours whose X-Forwarded-For is believed",
        }
    }

    /// Parses the name of a key.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] with all keys.
    pub fn parse(text: &str) -> Result<Self> {
        Key::ALL.into_iter().find(|k| k.name() == text).ok_or_else(|| {
            let names: Vec<&str> = Key::ALL.into_iter().map(Key::name).collect();
            let error = Error::usage(format!("there is no setting \"{}\"", escape_untrusted(text)))
                .why(format!("there are {}", names.join(", ")));
            did_you_mean(error, text, names)
        })
    }

    /// Checks a value. A token is checked when it is read.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] with the rule.
    pub fn check(self, value: &str) -> Result<()> {
        match self {
            Key::Store if value.is_empty() || value.starts_with('~') => {
                Err(Error::usage("that is no path of a store").why("a whole path is needed; ~ is a shell's word"))
            }
            Key::Store | Key::ApiToken => Ok(()),
            Key::Username => Username::parse(value).map(drop),
            Key::ApiTokenName => TokenName::parse(value).map(drop),
            Key::LockAfter | Key::ConfirmRemember => pause(value).map(drop),
            Key::ServeVerify | Key::ServeManage => Endpoint::parse(value).map(drop),
            Key::ServeVerifyGroup | Key::ServeManageGroup => group(value).map(drop),
            Key::ServeAccept => CredentialSources::parse(value).map(drop),
            Key::ServeProxies => TrustedProxies::parse(value).map(drop),
        }
    }
}

/// Parses the name or number of a group of this machine. It need not exist.
///
/// # Errors
/// [`crate::error::Kind::Usage`] with the rule.
pub(super) fn group(text: &str) -> Result<String> {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    if (1..=32).contains(&text.len()) && text.bytes().all(fits) {
        return Ok(text.to_owned());
    }
    let head: String = text.chars().take(32).collect();
    Err(Error::usage(format!("\"{}\" is no name of a group", escape_untrusted(&head)))
        .why("it has 1 to 32 of A-Z a-z 0-9 _ - ."))
}

/// Maximum duration.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Parses a duration: `0s`, `90s`, `5min` or `1h`, at most a day.
///
/// # Errors
/// [`crate::error::Kind::Usage`] with the rule.
pub(super) fn pause(text: &str) -> Result<Duration> {
    let refused = || {
        let head: String = text.chars().take(32).collect();
        Error::usage(format!("\"{}\" is no length of time", escape_untrusted(&head)))
            .why("it is a whole number with s, min or h, such as 0s, 90s, 5min or 1h, a day at most")
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
    let pause = Duration::from_secs(count.checked_mul(seconds).ok_or_else(refused)?);
    if pause > LONGEST { Err(refused()) } else { Ok(pause) }
}

/// Formats a duration in the format of [`pause`].
pub(super) fn pause_words(pause: Duration) -> String {
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
    fn pauses() {
        for text in ["0s", "90s", "5min", "1h", "24h"] {
            assert_eq!(pause_words(pause(text).unwrap()), text);
        }
        for text in ["", "5", "min", "-1s", "25h", "5m", "1 h", "99999999999999999999s", "18446744073709551615h"] {
            assert!(pause(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_key_reads_back() {
        for key in Key::ALL {
            assert_eq!(Key::parse(key.name()).unwrap(), key);
        }
        assert!(Key::parse("colour").is_err());
    }
}
