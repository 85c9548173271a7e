//! The e-mail address of those who look after an account's tokens.

use super::name::{quoted, reject_secret, text_newtype};
use crate::error::{Error, Result};

/// The longest contact, in bytes.
pub const MAX_CONTACT_LEN: usize = 254;

const RULE: &str = "use one e-mail address with at most 254 characters, such as ops@example.com";
/// Signs in a local part that mean nothing but themselves to every mail program. Others can mean a program (`|`), another
/// server (`!`, `%`) or a variable (`$`).
const PLAIN_SIGNS: &[u8] = b".+-_/='&#*~^";

text_newtype! {
    /// One e-mail address: printable ASCII without spaces and without characters that separate addresses in a header.
    Contact
}

impl Contact {
    /// # Errors
    /// [`crate::error::Kind::Usage`] unless the text is one address. A mail header with the address has one recipient.
    pub fn parse(text: &str) -> Result<Self> {
        reject_secret(text)?;
        let contact = Contact(text.to_owned());
        if is_address(text) && contact.is_plain() {
            return Ok(contact);
        }
        let refused = Error::usage(format!("{} is not a contact", quoted(text))).why(RULE);
        Err(match text.split([',', ';', ' ']).filter(|part| is_address(part)).count() {
            2.. => refused.next("Give one address. To reach several people, use the address of a mailing list"),
            _ if text.rsplit('@').next().is_some_and(|domain| !domain.is_ascii()) => {
                refused.next("Write an international domain in its ASCII form: xn--…")
            }
            _ if is_address(text) || !text.is_ascii() => refused.next(
                "Before the @, use only A-Z a-z 0-9 and the characters . + - _ / = ' & # * ~ ^. Begin with a letter or \
                 digit. A dot can't be next to another dot or the @",
            ),
            _ => refused,
        })
    }
}

impl Contact {
    /// Reads a contact of a store. An older jeton accepted more signs: mail goes only to an address that
    /// [`Contact::is_plain`].
    pub fn from_stored(text: &str) -> Option<Self> {
        is_address(text).then(|| Contact(text.to_owned()))
    }

    /// Returns `true` if the part before the `@` is words with dots between them, of which the first is no sign.
    pub fn is_plain(&self) -> bool {
        let local = self.0.split('@').next().unwrap_or_default();
        local.bytes().all(|b| b.is_ascii_alphanumeric() || PLAIN_SIGNS.contains(&b))
            && local.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '_')
            && local.split('.').all(|word| !word.is_empty())
    }
}

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let is_plain = |b: u8| b.is_ascii_graphic() && !br#"@,;:<>()[]\""#.contains(&b);
    text.len() <= MAX_CONTACT_LEN
        && !local.is_empty()
        && local.bytes().all(is_plain)
        // A program that takes the address as an argument must not read it as an option.
        && !local.starts_with('-')
        && domain.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        && domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contacts_are_checked() {
        let longest = format!("{}@{}.example", "l".repeat(64), "d".repeat(254 - 64 - 1 - 8));
        for good in ["ops@example.com", "o.p+s/x'1@a-b.example", "root@localhost", &longest] {
            assert_eq!(Contact::parse(good).unwrap().as_str(), good);
        }
        let too_long = format!("{longest}e");
        for bad in [
            "",
            "@",
            "ops",
            "@example.com",
            "ops@",
            "a@b@c",
            "-t@example.com",
            "|cmd@example.com",
            "/var/spool/file@example.com",
            "a|b@example.com",
            "a!b@example.com",
            "a%b@example.com",
            "`id`@example.com",
            "$HOME@example.com",
            "a{b}@example.com",
            ".a@example.com",
            "a.@example.com",
            "a..b@example.com",
            "ops@-x.example",
            "ops@x-",
            "ops@a..b",
            " ops@example.com",
            "ops@example.com ",
            "o ps@example.com",
            "ops@example.com\r\nBcc: x@example.com",
            "ops@example.com\n",
            "a@example.com,b@example.com",
            "a@example.com;b@example.com",
            "Ops <ops@example.com>",
            "\"o p\"@example.com",
            "ops@[127.0.0.1]",
            "ops@ex\u{202e}ample.com",
            "ops@example.com\u{200b}",
            "ops\u{1b}[2J@example.com",
            "ops\0@example.com",
            "ops@münchen.example",
            "группа@example.com",
            &too_long,
        ] {
            assert!(Contact::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn stored_contact_of_an_older_rule_is_read_but_not_plain() {
        assert!(!Contact::from_stored("|cmd@example.com").unwrap().is_plain());
        assert!(Contact::from_stored("ops@example.com").unwrap().is_plain());
        assert_eq!(Contact::from_stored("a@example.com, b@example.com"), None);
    }

    #[test]
    fn refusal_gives_the_next_step() {
        let next = |text| Contact::parse(text).unwrap_err().next.unwrap();
        assert!(next("a@example.com,b@example.com").contains("mailing list"));
        assert!(next("ops@münchen.example").contains("xn--"));
    }
}
