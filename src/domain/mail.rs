//! The text of a mail, as `sendmail -t` reads it.

use super::contact::Contact;
use super::time::Timestamp;

/// Maximum number of characters of a line of the body, without the line break.
const MAX_LINE: usize = 76;
/// Maximum number of characters of a subject.
const MAX_SUBJECT: usize = 200;

/// A mail in plain text.
#[derive(Debug)]
pub struct Mail<'a> {
    pub from: &'a Contact,
    /// The recipients, one at least.
    pub to: &'a [Contact],
    pub subject: &'a str,
    pub body: &'a str,
    pub at: Timestamp,
}

impl Mail<'_> {
    /// Returns header and body, in ASCII, with a line feed after each line. Nothing in subject and body can add a header
    /// or a recipient, or end the mail early.
    pub fn to_text(&self) -> String {
        let recipients: Vec<&str> = self.to.iter().map(Contact::as_str).collect();
        format!(
            "From: jeton <{}>\nTo: {}\nSubject: {}\nDate: {}\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n\
             Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n{}",
            self.from,
            // A line for each recipient, because the length of lines is limited.
            recipients.join(",\n "),
            header_text(self.subject),
            self.at.rfc2822(),
            quoted_printable(self.body),
        )
    }
}

/// Replaces everything but printable ASCII.
fn header_text(text: &str) -> String {
    let printable = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '?' };
    text.chars().take(MAX_SUBJECT).map(printable).collect()
}

/// Encodes text as RFC 2045 describes. Dots at the start of a line are encoded too: a dot alone would end the mail.
fn quoted_printable(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + text.len() / 8);
    for line in text.split_terminator('\n') {
        let mut columns = 0;
        for (place, byte) in line.bytes().enumerate() {
            let is_last = place + 1 == line.len();
            let is_plain = match byte {
                b'=' => false,
                b' ' => !is_last,
                b'.' => columns > 0,
                // Programs on the way change "From " at the start of a line.
                b'F' => columns > 0,
                byte => byte.is_ascii_graphic(),
            };
            let unit = if is_plain { char::from(byte).to_string() } else { format!("={byte:02X}") };
            // One column is left for the = of a soft line break.
            if columns + unit.len() > MAX_LINE - usize::from(!is_last) {
                encoded.push_str("=\n");
                columns = 0;
                // At the start of a line, a dot or F is encoded.
                if matches!(byte, b'.' | b'F') {
                    encoded.push_str(&format!("={byte:02X}"));
                    columns = 3;
                    continue;
                }
            }
            encoded.push_str(&unit);
            columns += unit.len();
        }
        encoded.push('\n');
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(encoded: &str) -> String {
        let mut bytes = Vec::new();
        for line in encoded.split_terminator('\n') {
            assert!(line.len() <= MAX_LINE && line.is_ascii(), "{line}");
            assert!(!line.starts_with('.') && !line.starts_with("From") && !line.ends_with(' '), "{line}");
            let (line, is_soft) = line.strip_suffix('=').map_or((line, false), |line| (line, true));
            let mut rest = line;
            while let Some(first) = rest.bytes().next() {
                if first == b'=' {
                    bytes.push(u8::from_str_radix(&rest[1..3], 16).unwrap());
                    rest = &rest[3..];
                } else {
                    bytes.push(first);
                    rest = &rest[1..];
                }
            }
            if !is_soft {
                bytes.push(b'\n');
            }
        }
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn body_survives_its_encoding() {
        for text in ["", "a\n", ".\n..\n.x\n", "From me\nFrom\n", "a = b \n \n\n", "ünïcode 漢字\n", "x\ry\0z\t\n"]
        {
            assert_eq!(decode(&quoted_printable(text)), text);
        }
        for filler in ["x", ".", "F", "é", "="] {
            let long = format!("{}\n", filler.repeat(300));
            assert_eq!(decode(&quoted_printable(&long)), long);
        }
    }

    proptest! {
        #[test]
        fn any_body_survives_its_encoding(lines in proptest::collection::vec("[^\n]{0,200}", 0..8)) {
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            prop_assert_eq!(decode(&quoted_printable(&text)), text);
        }
    }

    #[test]
    fn mail_has_exactly_its_headers_whatever_its_texts_hold() {
        let from = Contact::parse("jeton@host.example").unwrap();
        let to = ["a@example.com", "b@example.com"].map(|text| Contact::parse(text).unwrap());
        let hostile = "x\r\nBcc: evil@example.com\n\n.\nü\u{202e}";
        let mail = Mail { from: &from, to: &to, subject: hostile, body: hostile, at: Timestamp(1_795_253_400_000) };
        insta::assert_snapshot!(mail.to_text(), @"
        From: jeton <jeton@host.example>
        To: a@example.com,
         b@example.com
        Subject: x??Bcc: evil@example.com??.???
        Date: Sat, 21 Nov 2026 09:30:00 +0000
        Auto-Submitted: auto-generated
        MIME-Version: 1.0
        Content-Type: text/plain; charset=utf-8
        Content-Transfer-Encoding: quoted-printable

        x=0D
        Bcc: evil@example.com

        =2E
        =C3=BC=E2=80=AE
        ");
    }
}
