//! Styles by their role. Themes are files in `assets/themes/` and in the user's configuration folder. Every distinction
//! also has a glyph, a word or a modifier, so that it works without colour.

pub mod appearance;
pub mod colour;
mod theme_file;

use ratatui::style::{Color, Modifier, Style};

use crate::domain::time::Timestamp;
use crate::domain::token::{Status, Token};
use crate::platform::terminal_facts::ColourDepth;
use crate::service::server_colour::ServerColour;
use crate::verbs::verify::DenialReason;

/// A style for each role on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// Names and titles.
    pub strong: Style,
    /// Less important text.
    pub dim: Style,
    /// Tokens that can't be used any more.
    pub gone: Style,
    /// The only accent: focus, keys.
    pub accent: Style,
    /// The row under the cursor.
    pub selected: Style,
    /// The button or choice with the focus, and the current tab.
    pub focus: Style,
    /// The area of a text field.
    pub field: Style,
    /// Text that matches the filter.
    pub matched: Style,
    pub good: Style,
    /// Something that happens soon, or has consequences.
    pub warning: Style,
    /// Something that happens now: refused access, failure, the button that destroys.
    pub danger: Style,
    /// Everything behind a dialog.
    pub backdrop: Style,
    /// The names of servers and stores, in the order of [`ServerColour`].
    servers: [Style; 6],
}

impl Theme {
    /// Returns the theme with the terminal's own 16 colours.
    pub fn colour() -> Self {
        theme_file::built_in("terminal", ColourDepth::Sixteen)
    }

    /// Returns the theme for dark or light backgrounds, with all colours.
    pub fn for_background(is_light: bool) -> Self {
        theme_file::built_in(if is_light { "light" } else { "dark" }, ColourDepth::All)
    }

    /// Returns the theme without colours, for `NO_COLOR`.
    pub fn mono() -> Self {
        theme_file::built_in("mono", ColourDepth::Sixteen)
    }

    /// Returns a theme in which nothing differs.
    fn plain() -> Self {
        let plain = Style::new();
        let hidden = Modifier::BOLD | Modifier::REVERSED | Modifier::UNDERLINED;
        Theme {
            strong: plain,
            dim: plain,
            gone: plain,
            accent: plain,
            selected: plain,
            focus: plain,
            field: plain,
            matched: plain,
            good: plain,
            warning: plain,
            danger: plain,
            backdrop: plain.remove_modifier(hidden).fg(Color::Reset).bg(Color::Reset),
            servers: [plain; 6],
        }
    }

    /// Returns the style of a server's name. Without colours, only the name identifies the server.
    pub fn server(&self, colour: Option<ServerColour>) -> Style {
        colour.and_then(|colour| self.servers.get(colour as usize).copied()).unwrap_or(self.strong)
    }

    /// Returns `style` as it looks in the row under the cursor. On a reversed row colours would become backgrounds, so
    /// only a tinted row keeps them.
    pub fn in_selected(&self, style: Style) -> Style {
        if self.has_tint() { self.selected.patch(style) } else { self.selected }
    }

    fn has_tint(&self) -> bool {
        !self.selected.add_modifier.contains(Modifier::REVERSED)
    }

    /// Returns the theme for the parts of the row under the cursor.
    pub fn of_selected_row(&self) -> Theme {
        let [dim, gone, accent, good, warning] =
            [self.dim, self.gone, self.accent, self.good, self.warning].map(|style| self.in_selected(style));
        let matched = if self.has_tint() { self.matched } else { Style { fg: None, ..self.matched } };
        Theme { dim, gone, accent, good, warning, matched, ..self.clone() }
    }
}

/// Returns glyph, word and style of a token's status. If the account is disabled, *account off* replaces *active*.
pub fn status(token: &Token, now: Timestamp, theme: &Theme) -> (&'static str, &'static str, Style) {
    match token.status(now) {
        Status::Active if !token.owner.enabled => ("○", "acct off", theme.dim),
        Status::Active => ("●", "active", theme.good),
        Status::Disabled => ("○", "disabled", theme.dim),
        Status::Expired => ("×", "expired", theme.gone),
        Status::Deleted => ("†", "revoked", theme.gone),
    }
}

/// Returns glyph and style of a denial reason: `?` for unknown secrets, the status glyph for known tokens, `▲` for
/// missing permissions.
pub fn reason(word: &str, theme: &Theme) -> (&'static str, Style) {
    match DenialReason::from_word(word) {
        Some(DenialReason::Malformed | DenialReason::Checksum | DenialReason::Unknown) => ("?", theme.dim),
        Some(DenialReason::WrongSecret) => ("!", theme.danger),
        Some(DenialReason::Retired) => ("↻", theme.gone),
        Some(DenialReason::Expired) => ("×", theme.gone),
        Some(DenialReason::Disabled | DenialReason::AccountDisabled) => ("○", theme.gone),
        Some(DenialReason::Deleted) => ("†", theme.gone),
        Some(DenialReason::NotPermitted) => ("▲", theme.accent),
        None => (" ", Style::new()),
    }
}
