//! Settings of the screens.

use std::fmt;

use super::{Setting, Settings, Source};
use crate::domain::untrusted_text::excerpt;
use crate::domain::word_enum::word_enum;
use crate::error::{Error, Result};
use crate::platform::terminal_facts::TerminalFacts;

const MAX_NAME: usize = 32;
/// The default of a switch that is on.
pub(super) const ON: Setting<bool> = Setting { value: true, source: Source::Default };

impl Settings {
    /// Returns `true` if clicks and the wheel act on the screens in `terminal`.
    pub fn takes_mouse(&self, terminal: &TerminalFacts) -> bool {
        self.mouse.value && (self.mouse.source != Source::Default || !terminal.is_gnu_screen())
    }
}

/// The name of a theme: `auto`, one that is part of jeton, or that of a file of the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThemeName(String);

impl ThemeName {
    /// Parses a name. Its characters lead to no other folder.
    pub fn parse(text: &str) -> Result<Self> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
        if (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(fits) {
            return Ok(ThemeName(text.to_owned()));
        }
        Err(Error::usage(format!("\"{}\" is not the name of a theme", excerpt(text, MAX_NAME)))
            .why(format!("use 1-{MAX_NAME} characters (a-z 0-9 - _), without .toml")))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ThemeName {
    fn default() -> Self {
        ThemeName("auto".to_owned())
    }
}

impl fmt::Display for ThemeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

word_enum! {
    /// The amount of animation on the screens.
    #[derive(Default)]
    pub enum Motion {
        #[default]
        Full = "full",
        /// Nothing is animated.
        Reduced = "reduced",
    }
}

impl Motion {
    pub fn parse(text: &str) -> Result<Self> {
        Motion::from_word(text).ok_or_else(|| {
            Error::usage(format!("motion can't be \"{}\"", excerpt(text, 32))).why("use full or reduced")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_themes_lead_to_no_other_folder() {
        for name in ["auto", "dark", "my-theme_2"] {
            assert_eq!(ThemeName::parse(name).unwrap().as_str(), name);
        }
        for name in ["", "../dark", "a/b", "dark.toml", "Dark", ".", "a\0", &"a".repeat(33)] {
            assert!(ThemeName::parse(name).is_err(), "{name}");
        }
    }
}
