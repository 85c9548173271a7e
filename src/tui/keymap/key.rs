//! Keys as the table writes them, e.g. `n`, `R`, `Ctrl-c`, `Enter`.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::domain::untrusted_text::is_control_or_bidi;
use crate::tui::text_fit::width;

/// A key with its modifiers. Shift is part of a letter, not a modifier; it is kept only for the arrows up and down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl Key {
    /// Returns the key of a letter or sign.
    pub const fn char(c: char) -> Self {
        Key { code: KeyCode::Char(c), modifiers: KeyModifiers::NONE }
    }

    /// Returns `true` if a text field takes the key as text.
    pub fn is_typed(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && self.modifiers.is_empty()
    }

    pub const fn ctrl(c: char) -> Self {
        Key { code: KeyCode::Char(c), modifiers: KeyModifiers::CONTROL }
    }

    pub const fn alt(c: char) -> Self {
        Key { code: KeyCode::Char(c), modifiers: KeyModifiers::ALT }
    }

    /// Returns any other key with Alt.
    pub const fn alt_code(code: KeyCode) -> Self {
        Key { code, modifiers: KeyModifiers::ALT }
    }

    /// Returns up or down with Shift, which extends the marks.
    pub const fn shift(code: KeyCode) -> Self {
        Key { code, modifiers: KeyModifiers::SHIFT }
    }

    /// Returns any other key with Ctrl.
    pub const fn ctrl_code(code: KeyCode) -> Self {
        Key { code, modifiers: KeyModifiers::CONTROL }
    }

    /// Returns the same key without Shift, if Shift makes a difference.
    pub fn without_shift(self) -> Option<Self> {
        let modifiers = self.modifiers - KeyModifiers::SHIFT;
        (modifiers != self.modifiers).then_some(Key { modifiers, ..self })
    }

    /// Returns `true` if the key has the same effect in every keymap, such as Enter.
    pub fn is_fixed(self) -> bool {
        let is_named = matches!(
            self.code,
            KeyCode::Enter
                | KeyCode::Esc
                | KeyCode::Tab
                | KeyCode::BackTab
                | KeyCode::Up
                | KeyCode::Down
                | KeyCode::Left
                | KeyCode::Right
                | KeyCode::PageUp
                | KeyCode::PageDown
                | KeyCode::Home
                | KeyCode::End
                | KeyCode::Char(' ')
        );
        is_named && self.modifiers.is_empty()
    }

    /// Parses a key as the key table shows it, such as `x`, `Ctrl-r`, `Alt-x`, `F5` or `Space`. Case matters for letters
    /// only. `None` if terminals don't send such a key, or not as a key of its own.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let mut modifiers = KeyModifiers::NONE;
        while let Some((word, after)) =
            rest.split_once('-').filter(|(word, after)| !word.is_empty() && !after.is_empty())
        {
            modifiers |= match word.to_ascii_lowercase().as_str() {
                "ctrl" => KeyModifiers::CONTROL,
                "alt" => KeyModifiers::ALT,
                "shift" => KeyModifiers::SHIFT,
                _ => return None,
            };
            rest = after;
        }
        let (has_shift, is_plain) = (modifiers.contains(KeyModifiers::SHIFT), modifiers.is_empty());
        let mut chars = rest.chars();
        let code = match (chars.next(), chars.next()) {
            (Some(c @ ('↑' | '↓' | '←' | '→')), None) => arrow(c),
            (Some(c), None) => {
                let fits = match () {
                    _ if has_shift || c == ' ' || is_control_or_bidi(c) || width(&c.to_string()) == 0 => false,
                    // Others are the same as Tab, Enter and Backspace, or no terminal sends them.
                    _ if modifiers.contains(KeyModifiers::CONTROL) => {
                        modifiers == KeyModifiers::CONTROL
                            && c.is_ascii_alphabetic()
                            && !matches!(c.to_ascii_lowercase(), 'h' | 'i' | 'j' | 'm')
                    }
                    // Terminals begin other sequences with Alt and these.
                    _ if modifiers.contains(KeyModifiers::ALT) => {
                        c.is_ascii_alphanumeric() && !matches!(c, 'O' | 'P' | 'X')
                    }
                    _ => true,
                };
                let is_ctrl = modifiers.contains(KeyModifiers::CONTROL);
                fits.then_some(KeyCode::Char(if is_ctrl { c.to_ascii_lowercase() } else { c }))?
            }
            _ => named(&rest.to_ascii_lowercase())?,
        };
        match code {
            KeyCode::Tab if modifiers == KeyModifiers::SHIFT => Some(Key::code(KeyCode::BackTab)),
            KeyCode::Up | KeyCode::Down => Some(Key { code, modifiers }),
            _ if has_shift => None,
            KeyCode::Enter | KeyCode::Esc | KeyCode::Tab => is_plain.then_some(Key { code, modifiers }),
            KeyCode::Backspace => (is_plain || modifiers == KeyModifiers::ALT).then_some(Key { code, modifiers }),
            KeyCode::Char(' ') => is_plain.then_some(Key { code, modifiers }),
            _ => Some(Key { code, modifiers }),
        }
    }

    /// Returns any other key.
    pub const fn code(code: KeyCode) -> Self {
        Key { code, modifiers: KeyModifiers::NONE }
    }
}

const fn arrow(c: char) -> KeyCode {
    match c {
        '↑' => KeyCode::Up,
        '↓' => KeyCode::Down,
        '←' => KeyCode::Left,
        _ => KeyCode::Right,
    }
}

/// Returns the key with a name in lower case.
fn named(name: &str) -> Option<KeyCode> {
    Some(match name {
        "space" => KeyCode::Char(' '),
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "backspace" => KeyCode::Backspace,
        "del" => KeyCode::Delete,
        "ins" => KeyCode::Insert,
        _ => {
            let number = name.strip_prefix('f')?.parse().ok().filter(|n| (1..=12).contains(n))?;
            KeyCode::F(number)
        }
    })
}

impl From<KeyEvent> for Key {
    fn from(event: KeyEvent) -> Self {
        let shift =
            if matches!(event.code, KeyCode::Up | KeyCode::Down) { KeyModifiers::SHIFT } else { KeyModifiers::NONE };
        let mut modifiers = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | shift);
        // Terminals report Shift-Tab in two ways.
        let code = match event.code {
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            KeyCode::Char(c) if modifiers.contains(KeyModifiers::CONTROL) => KeyCode::Char(c.to_ascii_lowercase()),
            code => code,
        };
        if code == KeyCode::BackTab {
            modifiers = KeyModifiers::NONE;
        }
        Key { code, modifiers }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.modifiers.contains(KeyModifiers::CONTROL) {
            f.write_str("Ctrl-")?;
        }
        if self.modifiers.contains(KeyModifiers::ALT) {
            f.write_str("Alt-")?;
        }
        if self.modifiers.contains(KeyModifiers::SHIFT) {
            f.write_str("Shift-")?;
        }
        match self.code {
            KeyCode::Char(' ') => f.write_str("Space"),
            KeyCode::Char(c) => write!(f, "{c}"),
            KeyCode::Enter => f.write_str("Enter"),
            KeyCode::Esc => f.write_str("Esc"),
            KeyCode::Tab => f.write_str("Tab"),
            KeyCode::BackTab => f.write_str("Shift-Tab"),
            KeyCode::Up => f.write_str("↑"),
            KeyCode::Down => f.write_str("↓"),
            KeyCode::Left => f.write_str("←"),
            KeyCode::Right => f.write_str("→"),
            KeyCode::PageUp => f.write_str("PgUp"),
            KeyCode::PageDown => f.write_str("PgDn"),
            KeyCode::Home => f.write_str("Home"),
            KeyCode::End => f.write_str("End"),
            KeyCode::Backspace => f.write_str("Backspace"),
            KeyCode::Delete => f.write_str("Del"),
            KeyCode::Insert => f.write_str("Ins"),
            other => write!(f, "{other}"),
        }
    }
}
