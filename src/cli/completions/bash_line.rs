//! The command line as bash passes it to a completion: one text, with its quotes.

/// The words up to the cursor.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BashLine {
    /// The words after the program's name, without quotes. The last one ends at the cursor.
    pub words: Vec<String>,
    /// The quotation mark that is open at the cursor.
    quote: Option<char>,
    /// Number of bytes of the last word that bash takes for another word, such as `--user=`.
    taken: usize,
}

impl BashLine {
    /// Reads the line up to `point`, a number of characters. Outside quotes, bash also breaks words at `breaks`. `None` for
    /// a line without the program's name.
    pub fn parse(line: &str, point: usize, breaks: &str) -> Option<Self> {
        let (mut words, mut word, mut quote, mut taken) = (Vec::new(), None::<String>, None, 0);
        let mut chars = line.chars().take(point);
        while let Some(c) = chars.next() {
            let text = match (quote, c) {
                (None, ' ' | '\t' | '\n') => {
                    words.extend(word.take());
                    taken = 0;
                    continue;
                }
                _ => word.get_or_insert_default(),
            };
            match (quote, c) {
                (Some(open), _) if open == c => quote = None,
                (None, '"' | '\'') => {
                    quote = Some(c);
                    taken = text.len();
                }
                (None | Some('"'), '\\') => text.extend(chars.next()),
                (None, _) if breaks.contains(c) => {
                    text.push(c);
                    taken = text.len();
                }
                _ => text.push(c),
            }
        }
        words.push(word.unwrap_or_default());
        let is_assignment = |word: &String| word.split_once('=').is_some_and(|(name, _)| !name.contains(['-', '/']));
        let name = words.iter().position(|word| !is_assignment(word))?;
        words.drain(..=name);
        (!words.is_empty()).then_some(BashLine { words, quote, taken })
    }

    /// Returns the text with which bash replaces its own last word, so that the whole word becomes `word`. `None` if that
    /// can't be written.
    pub fn replacement(&self, word: &str) -> Option<String> {
        let rest = word.get(self.taken..)?;
        match self.quote {
            Some('\'') => (!rest.contains('\'')).then(|| rest.to_owned()),
            // Within these quotes bash replaces `!word` by an earlier command, and keeps a backslash before it.
            Some(_) => (!rest.contains('!')).then(|| escape(rest, |c| "\"$`\\".contains(c))),
            None => Some(escape(rest, |c| !c.is_alphanumeric() && !"_./-+,%@:=^".contains(c))),
        }
    }
}

fn escape(text: &str, is_special: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if is_special(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKS: &str = " \t\n\"'@><=;|&(:";

    fn parse(line: &str) -> BashLine {
        BashLine::parse(line, line.chars().count(), BREAKS).unwrap()
    }

    #[test]
    fn words_are_read_without_quotes_up_to_the_cursor() {
        let words = |line| parse(line).words.join("|");
        assert_eq!(words("jeton token show ci"), "token|show|ci");
        assert_eq!(words("A=b  /usr/bin/jeton   token "), "token|");
        assert_eq!(words(r#"jeton catalogue show "Maven Pl"#), "catalogue|show|Maven Pl");
        assert_eq!(words(r"jeton catalogue show Maven\ Pl"), "catalogue|show|Maven Pl");
        assert_eq!(words("jeton token edit 'a' \"\" --set=I"), "token|edit|a||--set=I");
        assert_eq!(BashLine::parse("jeton tökén", 8, BREAKS).unwrap().words, ["tö"]);
        for nothing in ["", "jeton", "jet"] {
            assert_eq!(BashLine::parse(nothing, 99, BREAKS), None);
        }
    }

    #[test]
    fn replacement_is_quoted_as_the_word_was_begun() {
        let replaced = |line, word| parse(line).replacement(word);
        assert_eq!(replaced("jeton x Mav", "Maven Plugin").as_deref(), Some(r"Maven\ Plugin"));
        assert_eq!(replaced("jeton x \"Mav", "Maven $Plugin").as_deref(), Some(r"Maven \$Plugin"));
        assert_eq!(replaced("jeton x 'Mav", "Maven Plugin").as_deref(), Some("Maven Plugin"));
        assert_eq!(replaced("jeton x 'Mav", "Maven 'Plugin").as_deref(), None);
        assert_eq!(replaced("jeton x \"Mav", "Maven !curl").as_deref(), None);
        assert_eq!(replaced("jeton x Mav", "Maven !curl").as_deref(), Some(r"Maven\ \!curl"));
        assert_eq!(replaced("jeton x --set=Mav", "--set=Maven Plugin").as_deref(), Some(r"Maven\ Plugin"));
        assert_eq!(replaced("jeton x --set=\"Mav", "--set=Maven Plugin").as_deref(), Some("Maven Plugin"));
        assert_eq!(replaced("jeton x unix:/r", "unix:/run").as_deref(), Some("/run"));
        assert_eq!(replaced("jeton x $", "$(reboot)`;").as_deref(), Some(r"\$\(reboot\)\`\;"));
    }
}
