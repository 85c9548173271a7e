use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};

/// The colour that marks a server on the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerColour {
    Red,
    Green,
    Yellow,
    Blue,
    Magenta,
    Cyan,
}

const WORDS: [(&str, ServerColour); 6] = [
    ("red", ServerColour::Red),
    ("green", ServerColour::Green),
    ("yellow", ServerColour::Yellow),
    ("blue", ServerColour::Blue),
    ("magenta", ServerColour::Magenta),
    ("cyan", ServerColour::Cyan),
];

impl ServerColour {
    pub fn as_str(self) -> &'static str {
        WORDS.iter().find(|(_, colour)| *colour == self).map_or("", |(word, _)| word)
    }

    pub fn parse(text: &str) -> Result<Self> {
        WORDS.iter().find(|(word, _)| *word == text).map(|(_, colour)| *colour).ok_or_else(|| {
            Error::usage(format!("\"{}\" is not a colour", excerpt(text, 32)))
                .why(format!("the colours are: {}", WORDS.map(|(word, _)| word).join(", ")))
        })
    }
}
