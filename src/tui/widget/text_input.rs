//! A text field: limited in length, masked if it holds a password, and wiped from memory on drop.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::{Modifier, Style};
use ratatui::text::Span;
use unicode_segmentation::UnicodeSegmentation;
use zeroize::Zeroizing;

use crate::domain::untrusted_text::is_control_or_bidi;
use crate::tui::keymap::{self, Action, Key};
use crate::tui::text_fit::{fit, width};
use crate::tui::theme::Theme;

/// A text field. The buffer is allocated once with its full capacity, so that growing leaves no copy of the text
/// behind.
pub struct TextInput {
    text: Zeroizing<String>,
    /// Byte offset of the cursor.
    cursor: usize,
    /// Maximum number of bytes.
    cap: usize,
    masked: bool,
    /// `true` if line breaks in pasted text are dropped; `false` if the first one ends the text.
    joins_lines: bool,
}

impl TextInput {
    /// Creates an empty field of at most `cap` bytes.
    pub fn new(cap: usize) -> Self {
        TextInput {
            text: Zeroizing::new(String::with_capacity(cap)),
            cursor: 0,
            cap,
            masked: false,
            joins_lines: false,
        }
    }

    /// Creates an empty field whose characters are masked.
    pub fn masked(cap: usize) -> Self {
        TextInput { masked: true, ..Self::new(cap) }
    }

    /// Does the same as [`TextInput::masked`], for a text that will be searched: its lines are joined.
    pub fn masked_text(cap: usize) -> Self {
        TextInput { joins_lines: true, ..Self::masked(cap) }
    }

    pub fn with(mut self, text: &str) -> Self {
        self.insert(text);
        self
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn is_masked(&self) -> bool {
        self.masked
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Returns the text and empties the field.
    pub fn take_text(&mut self) -> Zeroizing<String> {
        self.cursor = 0;
        std::mem::replace(&mut self.text, Zeroizing::new(String::with_capacity(self.cap)))
    }

    pub fn clear(&mut self) {
        drop(self.take_text());
    }

    /// Replaces the text by `text`, whose lines become one. Otherwise it is like [`TextInput::insert`].
    pub fn replace(&mut self, text: &str) -> bool {
        self.clear();
        let lines: Vec<&str> = text.split(['\n', '\r', '\t']).map(str::trim).filter(|line| !line.is_empty()).collect();
        self.insert(&lines.join(" "))
    }

    /// Inserts `text` at the cursor, up to the maximum length. Stops at a line break; drops control characters and
    /// invisible characters. Returns `true` if all of the text was inserted.
    pub fn insert(&mut self, text: &str) -> bool {
        let mut whole = true;
        for c in text.trim_end_matches(['\r', '\n']).chars() {
            if c == '\n' || c == '\r' {
                if self.joins_lines {
                    continue;
                }
                return false;
            }
            if is_control_or_bidi(c) || self.text.len() + c.len_utf8() > self.cap {
                whole = false;
                continue;
            }
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
        whole
    }

    /// Handles a key that types or edits. Returns `false` for any other key.
    pub fn handle(&mut self, key: &KeyEvent) -> bool {
        match key.code {
            KeyCode::Char(c) if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => {
                self.insert(c.encode_utf8(&mut [0; 4]));
                true
            }
            _ => keymap::text_field_action(Key::from(*key)).is_some_and(|action| self.edit(action)),
        }
    }

    fn edit(&mut self, action: Action) -> bool {
        match action {
            Action::First => self.cursor = 0,
            Action::Last => self.cursor = self.text.len(),
            Action::Left => self.cursor = self.before(),
            Action::Right => self.cursor = self.after(),
            Action::WordLeft => self.cursor = self.word_before(),
            Action::WordRight => self.cursor = self.word_after(),
            Action::DeleteLeft => self.remove_back_to(self.before()),
            Action::DeleteRight => self.remove_up_to(self.after()),
            Action::DeleteToSpace => self.remove_back_to(self.space_before()),
            Action::DeleteWordLeft => self.remove_back_to(self.word_before()),
            Action::DeleteWordRight => self.remove_up_to(self.word_after()),
            Action::DeleteToStart => self.remove_back_to(0),
            Action::DeleteToEnd => self.remove_up_to(self.text.len()),
            _ => return false,
        }
        true
    }

    fn remove_up_to(&mut self, end: usize) {
        self.text.replace_range(self.cursor..end, "");
    }

    fn remove_back_to(&mut self, start: usize) {
        self.text.replace_range(start..self.cursor, "");
        self.cursor = start;
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.cursor..].graphemes(true).next().map_or(self.cursor, |g| self.cursor + g.len())
    }

    /// Words are letters and digits. Masked text counts as one word, because cursor moves would reveal its parts.
    fn word_before(&self) -> usize {
        if self.masked {
            return 0;
        }
        let head = self.text[..self.cursor].trim_end_matches(|c: char| !c.is_alphanumeric());
        head.trim_end_matches(is_of_a_word).len()
    }

    fn word_after(&self) -> usize {
        if self.masked {
            return self.text.len();
        }
        let tail = self.text[self.cursor..].trim_start_matches(|c: char| !c.is_alphanumeric());
        self.text.len() - tail.trim_start_matches(is_of_a_word).len()
    }

    fn space_before(&self) -> usize {
        if self.masked {
            return 0;
        }
        let head = self.text[..self.cursor].trim_end();
        head.trim_end_matches(|c: char| !c.is_whitespace()).len()
    }

    /// Returns the field in `columns` columns, scrolled to the cursor. A field without focus has no cursor, and shows its
    /// beginning.
    pub fn spans(&self, columns: usize, focused: bool, theme: &Theme) -> Vec<Span<'static>> {
        let cell = |g: &str| if self.masked { "•".to_owned() } else { g.to_owned() };
        let head: Vec<String> = self.text[..self.cursor].graphemes(true).map(cell).collect();
        let tail: Vec<String> = self.text[self.cursor..].graphemes(true).map(cell).collect();
        // The whole field is underlined, so that blanks differ from underscores.
        let line = theme.field;
        if !focused {
            return vec![Span::styled(fit(&[head, tail].concat().concat(), columns), line)];
        }
        let mut left = String::new();
        let mut used = 0;
        for grapheme in head.iter().rev() {
            if used + width(grapheme) > columns.saturating_sub(1) {
                break;
            }
            used += width(grapheme);
            left.insert_str(0, grapheme);
        }
        let mut right = tail.into_iter();
        let under = right.next().unwrap_or_else(|| " ".to_owned());
        used += width(&under);
        let mut spans =
            vec![Span::styled(left, line), Span::styled(under, Style::new().add_modifier(Modifier::REVERSED))];
        let mut rest = String::new();
        for grapheme in right {
            if used + width(&grapheme) > columns {
                break;
            }
            used += width(&grapheme);
            rest.push_str(&grapheme);
        }
        rest.push_str(&" ".repeat(columns.saturating_sub(used)));
        spans.push(Span::styled(rest, line));
        spans
    }
}

/// Returns `true` if `c` is part of a word: a letter, a digit or a combining accent.
fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || (width(c.encode_utf8(&mut [0; 4])) == 0 && !c.is_whitespace())
}

impl std::fmt::Debug for TextInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.masked { f.write_str("Field(••)") } else { write!(f, "Field({:?})", self.text.as_str()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(field: &mut TextInput, keys: &[KeyCode]) {
        for code in keys {
            assert!(field.handle(&KeyEvent::new(*code, KeyModifiers::NONE)));
        }
    }

    #[test]
    fn edits_by_grapheme() {
        let mut field = TextInput::new(100).with("ae\u{301}z");
        typed(&mut field, &[KeyCode::Left, KeyCode::Backspace]);
        assert_eq!(field.text(), "az");
        typed(&mut field, &[KeyCode::Home, KeyCode::Delete, KeyCode::Char('ß'), KeyCode::End, KeyCode::Char('!')]);
        assert_eq!(field.text(), "ßz!");
    }

    #[test]
    fn words_and_lines_go() {
        let mut field = TextInput::new(100).with("one two");
        field.handle(&KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL));
        assert_eq!(field.text(), "one ");
        field.handle(&KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
        assert!(field.is_empty());
        assert!(!field.handle(&KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)));
    }

    #[test]
    fn field_moves_and_deletes_as_readline_does() {
        let ctrl = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
        let alt = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::ALT);
        let alt_backspace = KeyEvent::new(KeyCode::Backspace, KeyModifiers::ALT);
        let after = |text: &str, keys: &[KeyEvent]| {
            let mut field = TextInput::new(100).with(text);
            assert!(keys.iter().all(|key| field.handle(key)), "{keys:?}");
            field.insert("|");
            field.text().to_owned()
        };
        let text = "one two-three  Größe\u{301}";
        for (keys, expected) in [
            (&[alt('b')][..], "one two-three  |Größe\u{301}"),
            (&[alt('b'), alt('b')], "one two-|three  Größe\u{301}"),
            (&[ctrl('a'), alt('f'), alt('f')], "one two|-three  Größe\u{301}"),
            (&[ctrl('a'), alt('d')], "| two-three  Größe\u{301}"),
            (&[ctrl('a'), alt('f'), alt('d')], "one|-three  Größe\u{301}"),
            (&[alt_backspace], "one two-three  |"),
            (&[alt('b'), ctrl('w')], "one |Größe\u{301}"),
            (&[alt('b'), ctrl('u')], "|Größe\u{301}"),
            (&[alt('b'), ctrl('k')], "one two-three  |"),
            (&[ctrl('a'), ctrl('f'), ctrl('d')], "o|e two-three  Größe\u{301}"),
            (&[ctrl('a'), ctrl('e'), ctrl('b'), ctrl('h')], "one two-three  Größ|e\u{301}".replace("ß|", "|").as_str()),
            (&[ctrl('a'), alt('b'), ctrl('w'), ctrl('h')], "|one two-three  Größe\u{301}"),
            (&[alt('f'), alt('d'), ctrl('k'), ctrl('d')], "one two-three  Größe\u{301}|"),
        ] {
            assert_eq!(after(text, keys), expected, "{keys:?}");
        }
    }

    #[test]
    fn hidden_text_is_one_word() {
        let alt = |c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::ALT);
        let mut field = TextInput::masked(100).with("two words");
        field.handle(&alt('b'));
        field.insert("|");
        assert_eq!(field.text(), "|two words");
        field.handle(&KeyEvent::new(KeyCode::End, KeyModifiers::NONE));
        field.handle(&KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL));
        assert!(field.is_empty());
    }

    #[test]
    fn pasted_text_is_capped_and_ends_with_its_line() {
        let mut field = TextInput::new(5);
        assert!(!field.insert("abcdefgh"));
        assert_eq!(field.text(), "abcde");
        let mut field = TextInput::new(50);
        assert!(!field.insert("name\nx\u{1b}[2J"));
        assert_eq!(field.text(), "name");
        assert!(!field.insert("\u{202e}y"));
        assert_eq!(field.text(), "namey");
        assert!(field.insert("z\n"));
    }

    #[test]
    fn replaced_text_is_one_line() {
        let mut field = TextInput::new(20).with("old");
        assert!(field.replace("  one\r\ntwo\tthree \n\n"));
        assert_eq!(field.text(), "one two three");
        assert!(field.replace("\n"));
        assert!(field.is_empty());
        assert!(!field.replace("a\u{1b}[2J\u{202e}b"));
        assert_eq!(field.text(), "a[2Jb");
        assert!(!field.replace(&"x".repeat(21)));
        assert_eq!(field.text().len(), 20);
    }

    #[test]
    fn password_is_never_shown() {
        let field = TextInput::masked(100).with("hunter2");
        assert!(!format!("{field:?}").contains("hunter2"));
        let shown: String = field.spans(20, true, &Theme::mono()).iter().map(|s| s.content.to_string()).collect();
        assert!(shown.starts_with("•••••••") && !shown.contains('h'), "{shown}");
    }
}
