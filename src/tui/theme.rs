//! Styles: the terminal's own 16 colours, or none at all. Every distinction also has a glyph, a word or a modifier, so
//! that it works without colour.

use ratatui::style::{Color, Modifier, Style};

use crate::domain::time::Timestamp;
use crate::domain::token::{Status, Token};
use crate::service::server_colour::ServerColour;
use crate::verbs::verify::DenialReason;

/// A style for each role on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// Names and titles.
    pub strong: Style,
    /// Less important text.
    pub dim: Style,
    /// The only accent: focus, keys.
    pub accent: Style,
    /// The row under the cursor, the focused button.
    pub selected: Style,
    /// The area of a text field.
    pub field: Style,
    /// Text that matches the filter.
    pub matched: Style,
    pub good: Style,
    pub warning: Style,
    /// Failure, or something about to be destroyed.
    pub danger: Style,
    /// Everything behind a dialog.
    pub backdrop: Style,
    /// `false` for `NO_COLOR`.
    pub has_colours: bool,
}

impl Theme {
    /// Returns the theme with the terminal's own 16 colours.
    pub fn colour() -> Self {
        let plain = Style::new();
        let backdrop = plain.remove_modifier(Modifier::BOLD | Modifier::REVERSED | Modifier::UNDERLINED);
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
            backdrop: backdrop.fg(Color::DarkGray).bg(Color::Reset),
            has_colours: true,
        }
    }

    /// Returns the theme without colours, for `NO_COLOR`.
    pub fn mono() -> Self {
        let plain = Style::new();
        let backdrop = plain.remove_modifier(Modifier::BOLD | Modifier::REVERSED | Modifier::UNDERLINED);
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
            backdrop: backdrop.add_modifier(Modifier::DIM),
            has_colours: false,
        }
    }

    /// Returns the style of a server's name. Without colours, only the name identifies the server.
    pub fn server(&self, colour: Option<ServerColour>) -> Style {
        let colour = match colour {
            Some(colour) if self.has_colours => colour,
            _ => return self.strong,
        };
        self.strong.add_modifier(Modifier::REVERSED).fg(match colour {
            ServerColour::Red => Color::Red,
            ServerColour::Green => Color::Green,
            ServerColour::Yellow => Color::Yellow,
            ServerColour::Blue => Color::Blue,
            ServerColour::Magenta => Color::Magenta,
            ServerColour::Cyan => Color::Cyan,
        })
    }
}

/// Returns glyph, word and style of a token's status. If the account is disabled, *account off* replaces *active*.
pub fn status(token: &Token, now: Timestamp, theme: &Theme) -> (&'static str, &'static str, Style) {
    match token.status(now) {
        Status::Active if !token.owner.enabled => ("○", "acct off", theme.dim),
        Status::Active => ("●", "active", theme.good),
        Status::Disabled => ("○", "disabled", theme.dim),
        Status::Expired => ("×", "expired", theme.warning),
        Status::Deleted => ("†", "revoked", theme.dim),
    }
}

/// Returns glyph and style of a denial reason: `?` for unknown secrets, the status glyph for known tokens, `▲` for
/// missing permissions.
pub fn reason(word: &str, theme: &Theme) -> (&'static str, Style) {
    match DenialReason::from_word(word) {
        Some(DenialReason::Malformed | DenialReason::Checksum | DenialReason::Unknown) => ("?", theme.dim),
        Some(DenialReason::WrongSecret) => ("!", theme.danger),
        Some(DenialReason::Retired) => ("↻", theme.warning),
        Some(DenialReason::Expired) => ("×", theme.warning),
        Some(DenialReason::Disabled | DenialReason::AccountDisabled) => ("○", theme.warning),
        Some(DenialReason::Deleted) => ("†", theme.warning),
        Some(DenialReason::NotPermitted) => ("▲", theme.accent),
        None => (" ", Style::new()),
    }
}
