//! How things look: the terminal's own 16 colours, or none at all. Every distinction also has a glyph, a word or a
//! modifier, so that it survives without colour.

use ratatui::style::{Color, Modifier, Style};

use crate::domain::time::Timestamp;
use crate::domain::token::{Status, Token};
use crate::verbs::decide::Reason;

/// A style for each role on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// Names of things, titles.
    pub strong: Style,
    /// What matters less.
    pub dim: Style,
    /// The one accent: focus, keys.
    pub accent: Style,
    /// The row under the cursor, the focused button.
    pub selected: Style,
    /// The room of a text field.
    pub field: Style,
    /// What matched the filter.
    pub matched: Style,
    /// All is well.
    pub good: Style,
    /// Look here.
    pub warning: Style,
    /// Something fails or is about to be destroyed.
    pub danger: Style,
}

impl Theme {
    /// The terminal's own 16 colours.
    pub fn colour() -> Self {
        let plain = Style::new();
        Theme {
            strong: plain.add_modifier(Modifier::BOLD),
            dim: plain.fg(Color::DarkGray),
            accent: plain.fg(Color::Cyan),
            selected: plain.add_modifier(Modifier::REVERSED),
            field: plain.add_modifier(Modifier::UNDERLINED),
            matched: plain.fg(Color::Cyan).add_modifier(Modifier::UNDERLINED),
            good: plain.fg(Color::Green),
            warning: plain.fg(Color::Yellow),
            danger: plain.fg(Color::Red).add_modifier(Modifier::BOLD),
        }
    }

    /// No colour: `NO_COLOR`.
    pub fn mono() -> Self {
        let plain = Style::new();
        Theme {
            strong: plain.add_modifier(Modifier::BOLD),
            dim: plain.add_modifier(Modifier::DIM),
            accent: plain.add_modifier(Modifier::BOLD),
            selected: plain.add_modifier(Modifier::REVERSED),
            field: plain.add_modifier(Modifier::UNDERLINED),
            matched: plain.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            good: plain,
            warning: plain.add_modifier(Modifier::BOLD),
            danger: plain.add_modifier(Modifier::BOLD),
        }
    }
}

/// Glyph, word and style of a token's status; *account off* stands in for *active* where the account is disabled.
pub fn status(token: &Token, now: Timestamp, theme: &Theme) -> (&'static str, &'static str, Style) {
    match token.status(now) {
        Status::Active if !token.owner.enabled => ("○", "acct off", theme.dim),
        Status::Active => ("●", "active", theme.good),
        Status::Disabled => ("○", "disabled", theme.dim),
        Status::Expired => ("×", "expired", theme.warning),
        Status::Deleted => ("†", "deleted", theme.dim),
    }
}

/// Glyph and style of why an attempt was denied: `?` for strangers, those of a token's status, `▲` for beyond what it
/// may.
pub fn reason(word: &str, theme: &Theme) -> (&'static str, Style) {
    match Reason::of(word) {
        Some(Reason::Malformed | Reason::Checksum | Reason::Unknown) => ("?", theme.dim),
        Some(Reason::WrongSecret) => ("!", theme.danger),
        Some(Reason::Retired) => ("↻", theme.warning),
        Some(Reason::Expired) => ("×", theme.warning),
        Some(Reason::Disabled | Reason::AccountDisabled) => ("○", theme.warning),
        Some(Reason::Deleted) => ("†", theme.warning),
        Some(Reason::NotPermitted) => ("▲", theme.accent),
        None => (" ", Style::new()),
    }
}
