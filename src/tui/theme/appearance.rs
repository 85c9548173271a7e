//! The look of the screens: from the settings, the user's themes, and what is known of the terminal.

use super::Theme;
use super::theme_file::{BUILT_IN, built_in, parse};
use crate::config::{Motion, Settings};
use crate::domain::suggest::did_you_mean;
use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};
use crate::platform::config_folder::{self, ConfigText};
use crate::platform::terminal_facts::{ColourDepth, TerminalFacts};

/// The setting of the theme that follows the background of the terminal.
const AUTO: &str = "auto";
/// The themes that the background chooses.
const DARK_AND_LIGHT: [&str; 2] = ["dark", "light"];
/// The theme while nothing is known of the background.
const UNKNOWN: &str = "terminal";

/// The look of the screens.
#[derive(Debug, Clone)]
pub struct Appearance {
    /// The theme to begin with.
    pub theme: Theme,
    by_background: Option<ThemesByBackground>,
    /// `true` if the terminal is to be asked for its background.
    pub asks_background: bool,
    /// `true` if the terminal shows only ASCII.
    pub is_ascii: bool,
    /// `false` if nothing on the screens may move by itself.
    pub has_motion: bool,
    /// The fault of a theme that is not used.
    pub problem: Option<Error>,
}

/// The themes for dark and for light backgrounds, if the background decides.
#[derive(Debug, Clone)]
struct ThemesByBackground {
    /// The user's own themes of these names.
    own: [Option<Theme>; 2],
    depth: ColourDepth,
    /// `true` if the environment says what the background is.
    is_known: bool,
}

impl ThemesByBackground {
    /// Returns the theme for a light background, or for a dark one. Those of the program are parsed here, because few are
    /// ever needed.
    fn theme(&self, is_light: bool) -> Theme {
        let at = usize::from(is_light);
        self.own[at].clone().unwrap_or_else(|| built_in(DARK_AND_LIGHT[at], self.depth))
    }
}

impl Appearance {
    /// Returns the look with `theme`, on a terminal that shows everything.
    pub fn fixed(theme: Theme) -> Self {
        Appearance {
            theme,
            by_background: None,
            asks_background: false,
            is_ascii: false,
            has_motion: true,
            problem: None,
        }
    }

    /// Returns the look that the settings name, on this terminal.
    pub fn configured(settings: &Settings, terminal: &TerminalFacts) -> Self {
        let has_motion = settings.motion.value == Motion::Full;
        Appearance::load(settings.theme.value.as_str(), has_motion, terminal, config_folder::read_theme)
    }

    /// Returns the look with the theme `name`. `read` returns a theme of the user, if there is one with that name. A theme
    /// with a fault is replaced, because a wrong colour must not keep anyone from revoking a token.
    fn load(
        name: &str,
        has_motion: bool,
        terminal: &TerminalFacts,
        read: impl Fn(&str) -> Result<Option<ConfigText>>,
    ) -> Self {
        let is_ascii = !terminal.has_utf8_locale;
        let fixed = |theme| Appearance { is_ascii, has_motion, ..Appearance::fixed(theme) };
        if !terminal.has_colour {
            return fixed(Theme::mono());
        }
        let depth = terminal.colour_depth();
        let mut problem = None;
        if name != AUTO {
            match find(name, depth, &read) {
                Ok(theme) => return fixed(theme),
                Err(error) => problem = Some(error),
            }
        }
        let mut own = |name| {
            find_own(name, depth, &read).unwrap_or_else(|error| {
                problem.get_or_insert(error);
                None
            })
        };
        let (dark_and_light, unknown) = (DARK_AND_LIGHT.map(&mut own), own(UNKNOWN));
        let is_light = terminal.has_light_background();
        let themes = ThemesByBackground { own: dark_and_light, depth, is_known: is_light.is_some() };
        let theme = match is_light {
            Some(is_light) => themes.theme(is_light),
            None => unknown.unwrap_or_else(|| built_in(UNKNOWN, depth)),
        };
        Appearance { by_background: Some(themes), asks_background: terminal.can_be_asked(), problem, ..fixed(theme) }
    }

    /// Returns the theme for a light background, or for a dark one, if the background decides.
    pub fn for_background(&self, is_light: bool) -> Option<Theme> {
        self.by_background.as_ref().map(|themes| themes.theme(is_light))
    }

    /// Returns the theme for the background of an earlier start, if nothing more is known of it.
    pub fn for_remembered_background(&self, is_light: bool) -> Option<Theme> {
        self.by_background.as_ref().filter(|themes| !themes.is_known).map(|themes| themes.theme(is_light))
    }
}

/// Returns the user's own theme `name`, if there is one.
fn find_own(
    name: &str,
    depth: ColourDepth,
    read: impl Fn(&str) -> Result<Option<ConfigText>>,
) -> Result<Option<Theme>> {
    read(name)?.map(|ConfigText { path, text }| parse(&path, &text, depth)).transpose()
}

/// Returns the theme `name`: the user's, or else one of the program.
fn find(name: &str, depth: ColourDepth, read: impl Fn(&str) -> Result<Option<ConfigText>>) -> Result<Theme> {
    let names = BUILT_IN.map(|(known, _)| known);
    match find_own(name, depth, read)? {
        Some(theme) => Ok(theme),
        None if names.contains(&name) => Ok(built_in(name, depth)),
        None => {
            let error = Error::usage(format!("there is no theme \"{}\"", excerpt(name, 32))).why(format!(
                "jeton has no theme of this name. The configuration folder has no file jeton/themes/{}.toml",
                excerpt(name, 32)
            ));
            let error = did_you_mean(error, name, names.into_iter().chain([AUTO]));
            let next = error.next.clone().unwrap_or_else(|| format!("Use one of: auto, {}", names.join(", ")));
            Err(error.next(next))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use crate::platform::clipboard::ClipboardRoute;

    fn terminal() -> TerminalFacts {
        TerminalFacts {
            is_terminal: true,
            term: "xterm-256color".to_owned(),
            colorterm: "truecolor".to_owned(),
            colorfgbg: String::new(),
            is_in_tmux: false,
            has_colour: true,
            has_utf8_locale: true,
            clipboard: ClipboardRoute::Terminal,
            size: None,
        }
    }

    fn of_user(name: &str) -> Result<Option<ConfigText>> {
        let text = match name {
            "mine" => "inherits = \"dark\"\ngood = \"blue\"",
            "light" => "good = \"magenta\"",
            "broken" => "god = \"blue\"",
            "unreadable" => return Err(Error::failure("no")),
            _ => return Ok(None),
        };
        Ok(Some(ConfigText { path: format!("{name}.toml"), text: text.to_owned() }))
    }

    fn load(name: &str, terminal: &TerminalFacts) -> Appearance {
        Appearance::load(name, true, terminal, of_user)
    }

    #[test]
    fn background_decides_only_by_default() {
        let auto = load(AUTO, &terminal());
        assert!(auto.asks_background && auto.problem.is_none());
        assert_eq!(auto.theme.good, Theme::colour().good);
        assert_eq!(auto.for_background(false), Some(Theme::for_background(false)));
        assert_eq!(auto.for_remembered_background(false), Some(Theme::for_background(false)));
        let own_light = auto.for_background(true).unwrap();
        assert_eq!(own_light.good.fg, Some(ratatui::style::Color::Magenta), "the user's theme of that name");
        let dark = load("dark", &terminal());
        assert_eq!((dark.theme, dark.asks_background), (Theme::for_background(false), false));
        assert_eq!(load("dark", &terminal()).for_background(true), None);
        let known = load(AUTO, &TerminalFacts { colorfgbg: "15;0".to_owned(), ..terminal() });
        assert_eq!(known.for_remembered_background(true), None, "what the environment says is newer");
    }

    #[test]
    fn environment_gives_the_first_theme() {
        let of = |colorfgbg: &str| load(AUTO, &TerminalFacts { colorfgbg: colorfgbg.to_owned(), ..terminal() }).theme;
        assert_eq!(of("15;0"), Theme::for_background(false));
        assert_eq!(of("15;x"), Theme::colour());
    }

    #[test]
    fn no_color_wins_over_each_setting() {
        for name in [AUTO, "dark", "light", "mine", "broken"] {
            let plain = load(name, &TerminalFacts { has_colour: false, ..terminal() });
            assert_eq!((plain.theme, plain.asks_background), (Theme::mono(), false), "{name}");
        }
    }

    #[test]
    fn theme_with_a_fault_is_replaced_and_named() {
        for (name, kind) in [("broken", Kind::Usage), ("drak", Kind::Usage), ("unreadable", Kind::Failure)] {
            let appearance = load(name, &terminal());
            assert_eq!(appearance.theme, Theme::colour());
            assert_eq!(appearance.problem.unwrap().kind, kind, "{name}");
        }
        let suggested = load("drak", &terminal()).problem.unwrap().next.unwrap();
        assert!(suggested.contains("dark"), "{suggested}");
    }

    #[test]
    fn other_locale_gets_ascii() {
        assert!(load("dark", &TerminalFacts { has_utf8_locale: false, ..terminal() }).is_ascii);
        assert!(!load("dark", &terminal()).is_ascii);
    }
}
