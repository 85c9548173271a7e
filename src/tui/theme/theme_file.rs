//! Themes in TOML. A theme sets the styles that differ from those of the theme that it inherits.

use ratatui::style::{Color, Modifier, Style};
use toml_edit::{Document, TableLike};

use super::Theme;
use super::colour::{NAMES, at_depth};
use crate::domain::suggest::did_you_mean;
use crate::domain::untrusted_text::excerpt;
use crate::error::{Error, Result};
use crate::import::toml_message::plain_words;
use crate::platform::terminal_facts::ColourDepth;

/// The themes that are part of the program.
pub(super) const BUILT_IN: [(&str, &str); 4] = [
    ("dark", include_str!("../../../assets/themes/dark.toml")),
    ("light", include_str!("../../../assets/themes/light.toml")),
    ("mono", include_str!("../../../assets/themes/mono.toml")),
    ("terminal", include_str!("../../../assets/themes/terminal.toml")),
];

/// The theme that is inherited if a theme doesn't say.
const INHERITED: &str = "terminal";
const INHERITS: &str = "inherits";
const SIXTEEN: &str = "sixteen-colours";
/// Maximum number of quoted characters of a name or value.
const MAX_QUOTED: usize = 32;

/// The place of a style in a theme.
type Role = fn(&mut Theme) -> &mut Style;

/// The styles that a theme can set.
const ROLES: [(&str, Role); 18] = [
    ("strong", |theme| &mut theme.strong),
    ("dim", |theme| &mut theme.dim),
    ("gone", |theme| &mut theme.gone),
    ("accent", |theme| &mut theme.accent),
    ("selected", |theme| &mut theme.selected),
    ("focus", |theme| &mut theme.focus),
    ("field", |theme| &mut theme.field),
    ("matched", |theme| &mut theme.matched),
    ("good", |theme| &mut theme.good),
    ("warning", |theme| &mut theme.warning),
    ("danger", |theme| &mut theme.danger),
    ("backdrop", |theme| &mut theme.backdrop),
    ("server-red", |theme| &mut theme.servers[0]),
    ("server-green", |theme| &mut theme.servers[1]),
    ("server-yellow", |theme| &mut theme.servers[2]),
    ("server-blue", |theme| &mut theme.servers[3]),
    ("server-magenta", |theme| &mut theme.servers[4]),
    ("server-cyan", |theme| &mut theme.servers[5]),
];

const MODIFIERS: [(&str, Modifier); 5] = [
    ("bold", Modifier::BOLD),
    ("dim", Modifier::DIM),
    ("italic", Modifier::ITALIC),
    ("underlined", Modifier::UNDERLINED),
    ("reversed", Modifier::REVERSED),
];

/// Returns a theme that is part of the program.
pub(super) fn built_in(name: &str, depth: ColourDepth) -> Theme {
    let text = BUILT_IN.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text);
    let mut theme = Theme::plain();
    // A test parses each of them.
    let _ = apply(&mut theme, name, text, depth);
    theme
}

/// Returns the theme that `text` describes, in colours of `depth`. Errors call the text `name`.
///
/// # Errors
/// [`crate::error::Kind::Usage`] with the first line that can't be used.
pub(super) fn parse(name: &str, text: &str, depth: ColourDepth) -> Result<Theme> {
    // The inherited theme must be there before the first style, wherever the key stands.
    let document = document(name, text)?;
    let parent = document.get(INHERITS).map_or(Some(INHERITED), |item| item.as_str());
    let mut theme = built_in(parent.unwrap_or(INHERITED), depth);
    apply(&mut theme, name, text, depth)?;
    Ok(theme)
}

fn document<'a>(name: &str, text: &'a str) -> Result<Document<&'a str>> {
    Document::parse(text).map_err(|e| {
        let line = e.span().map_or(1, |span| line_at(text, span.start));
        fault(name, line, plain_words(e.message())).next("Correct this line")
    })
}

fn apply(theme: &mut Theme, name: &str, text: &str, depth: ColourDepth) -> Result<()> {
    let document = document(name, text)?;
    let at = |key: &str, table: &dyn TableLike| {
        line_at(text, table.key(key).and_then(|key| key.span()).map_or(0, |span| span.start))
    };
    let table = document.as_table();
    for (key, item) in table.iter() {
        let line = at(key, table);
        match (key, item.as_str(), item.as_table_like()) {
            (INHERITS, Some(parent), _) => {
                let names = BUILT_IN.map(|(known, _)| known);
                if !names.contains(&parent) {
                    let why = format!("there is no theme \"{}\" to inherit", excerpt(parent, MAX_QUOTED));
                    let error = did_you_mean(fault(name, line, why), parent, names);
                    return Err(with_next(error, || format!("Use one of: {}", names.join(", "))));
                }
            }
            (SIXTEEN, _, Some(sixteen)) => {
                for (key, item) in sixteen.iter() {
                    let line = at(key, sixteen);
                    let value = item.as_str().ok_or_else(|| fault(name, line, TEXT.to_owned()).next(CORRECT))?;
                    let style = set(theme, name, line, key, value)?;
                    if depth == ColourDepth::Sixteen {
                        *style.0 = style.1;
                    }
                }
            }
            (SIXTEEN, ..) => {
                return Err(fault(name, line, format!("{SIXTEEN} must be a table"))
                    .next(format!("Write [{SIXTEEN}] on a line of its own, and its styles below")));
            }
            (_, Some(value), _) => {
                let is_replaced = depth == ColourDepth::Sixteen
                    && table.get(SIXTEEN).and_then(|item| item.as_table_like()).is_some_and(|t| t.contains_key(key));
                let style = set(theme, name, line, key, value)?;
                if !is_replaced {
                    *style.0 = at_depth(style.1, depth);
                }
            }
            _ => return Err(fault(name, line, TEXT.to_owned()).next(CORRECT)),
        }
    }
    Ok(())
}

const TEXT: &str = "a text in quotes is expected here";
const CORRECT: &str = "Correct this line";

/// Returns the place of the style `key` in `theme`, and the style to put there.
fn set<'a>(theme: &'a mut Theme, name: &str, line: usize, key: &str, value: &str) -> Result<(&'a mut Style, Style)> {
    let Some((_, role)) = ROLES.iter().find(|(known, _)| *known == key) else {
        let names = ROLES.map(|(known, _)| known);
        let error = fault(name, line, format!("there is no style \"{}\"", excerpt(key, MAX_QUOTED)));
        let error = did_you_mean(error, key, names.into_iter().chain([INHERITS, SIXTEEN]));
        return Err(with_next(error, || format!("The styles are: {}", names.join(", "))));
    };
    let style = style(value).map_err(|error| {
        let Error { what, why, .. } = fault(name, line, error.what);
        Error { what, why, ..error }
    })?;
    let place = role(theme);
    // The backdrop ends what lies behind it.
    let style = if key == "backdrop" { Theme::plain().backdrop.patch(style) } else { style };
    Ok((place, style))
}

/// Parses a style: a colour, `on` and a colour, and modifiers, in any order.
fn style(text: &str) -> Result<Style> {
    let mut style = Style::new();
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        if let Some((_, modifier)) = MODIFIERS.iter().find(|(name, _)| *name == word) {
            style = style.add_modifier(*modifier);
        } else if word == "on" {
            let word = words.next().ok_or_else(|| Error::usage("\"on\" has no colour after it").next(CORRECT))?;
            style = style.bg(colour(word, &[])?);
        } else if style.fg.is_some() {
            colour(word, &MODIFIERS)?;
            let why =
                format!("the text already has a colour, so \"{}\" can't be its colour too", excerpt(word, MAX_QUOTED));
            return Err(Error::usage(why).next("For the colour of the background, write \"on\" before the colour"));
        } else {
            style = style.fg(colour(word, &MODIFIERS)?);
        }
    }
    Ok(style)
}

/// Parses a colour. `modifiers` are allowed in its place.
fn colour(word: &str, modifiers: &[(&str, Modifier)]) -> Result<Color> {
    if let Some(digits) = word.strip_prefix('#') {
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 6 && !digits.starts_with('+'));
        let [_, r, g, b] = number.map(u32::to_be_bytes).ok_or_else(|| {
            Error::usage(format!("\"{}\" is not a colour", excerpt(word, MAX_QUOTED)))
                .next("Write # and six hexadecimal digits, such as #ff8787")
        })?;
        return Ok(Color::Rgb(r, g, b));
    }
    NAMES.iter().find(|(name, _)| *name == word).map(|(_, colour)| *colour).ok_or_else(|| {
        let is_not = if modifiers.is_empty() { "not a colour" } else { "neither a colour nor a modifier" };
        let error = Error::usage(format!("\"{}\" is {is_not}", excerpt(word, MAX_QUOTED)));
        let modifiers: Vec<&str> = modifiers.iter().map(|(name, _)| *name).collect();
        let error = did_you_mean(error, word, NAMES.map(|(name, _)| name).into_iter().chain(modifiers.iter().copied()));
        with_next(error, || match modifiers.is_empty() {
            true => "Use #rrggbb, or a name such as bright-red".to_owned(),
            false => {
                format!("Use a colour (#rrggbb, or a name such as bright-red) or one of: {}", modifiers.join(", "))
            }
        })
    })
}

fn fault(name: &str, line: usize, why: String) -> Error {
    Error::usage(format!("the theme {name} can't be used")).why(format!("line {line}: {why}"))
}

fn with_next(error: Error, next: impl FnOnce() -> String) -> Error {
    if error.next.is_some() { error } else { error.next(next()) }
}

fn line_at(text: &str, byte: usize) -> usize {
    text.as_bytes().iter().take(byte).filter(|byte| **byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::colour::{contrast, rgb_of};
    use super::*;

    type Rgb = [u8; 3];

    const MIN_CONTRAST: f64 = 4.5;

    fn rgb(colour: Color) -> Rgb {
        match colour {
            Color::Rgb(r, g, b) => [r, g, b],
            Color::Indexed(number) if number >= 16 => rgb_of(number),
            other => panic!("{other} has no known value"),
        }
    }

    /// Returns the colours of the text and its background in `style`, over `on`.
    fn pair(style: Style, text: Rgb, on: Rgb) -> (Rgb, Rgb) {
        let (fg, bg) = (style.fg.map_or(text, rgb), style.bg.filter(|bg| *bg != Color::Reset).map_or(on, rgb));
        if style.add_modifier.contains(Modifier::REVERSED) { (bg, fg) } else { (fg, bg) }
    }

    #[test]
    fn built_in_themes_set_each_style() {
        for (name, text) in BUILT_IN {
            for depth in [ColourDepth::Sixteen, ColourDepth::Indexed, ColourDepth::All] {
                let mut theme = Theme::plain();
                apply(&mut theme, name, text, depth).unwrap();
                assert_eq!(parse(name, text, depth).unwrap().strong, theme.strong);
            }
            for (role, _) in ROLES.iter().filter(|(role, _)| !(name == "mono" && *role == "good")) {
                assert!(text.lines().any(|line| line.starts_with(&format!("{role} = "))), "{name}: {role}");
            }
        }
    }

    #[test]
    fn texts_of_shipped_themes_can_be_read() {
        let dark: [Rgb; 3] = [[0; 3], [0x1e; 3], [0x28, 0x2c, 0x34]];
        let light: [Rgb; 3] = [[255; 3], [0xfa; 3], [0xfd, 0xf6, 0xe3]];
        for (name, text, backgrounds) in [("dark", [0xd0; 3], dark), ("light", [0x20; 3], light)] {
            for depth in [ColourDepth::Indexed, ColourDepth::All] {
                let mut theme = built_in(name, depth);
                for background in backgrounds {
                    for (role, style) in ROLES {
                        let style = *style(&mut theme);
                        let (fg, bg) = pair(style, text, background);
                        let found = contrast(fg, bg);
                        assert!(found >= MIN_CONTRAST, "{name}: {role} has {found:.2} on {background:?}");
                        if role.starts_with("server-") || ["selected", "focus", "field", "backdrop"].contains(&role) {
                            continue;
                        }
                        let (fg, bg) = pair(theme.in_selected(style), text, background);
                        let found = contrast(fg, bg);
                        assert!(found >= MIN_CONTRAST, "{name}: {role} has {found:.2} in the selected row");
                        assert_eq!(Some(bg), theme.selected.bg.map(rgb), "{name}: {role} is in the tinted row");
                    }
                }
            }
        }
    }

    #[test]
    fn urgency_is_seen_in_each_theme() {
        for (name, _) in BUILT_IN {
            for depth in [ColourDepth::Sixteen, ColourDepth::Indexed, ColourDepth::All] {
                let theme = built_in(name, depth);
                assert!(theme.danger.add_modifier.contains(Modifier::BOLD), "{name}");
                let styles = [theme.danger, theme.gone, theme.good];
                let differ = |a: usize, b: usize| styles[a] != styles[b];
                assert!(differ(0, 1) && differ(0, 2) && differ(1, 2), "{name}");
                assert!(name == "mono" || theme.warning != theme.danger, "{name}");
                assert_ne!(theme.warning, theme.gone, "{name}");
            }
        }
    }

    #[test]
    fn colours_for_unknown_backgrounds_have_their_own() {
        let mut theme = built_in(INHERITED, ColourDepth::Sixteen);
        for (role, style) in ROLES {
            let style = style(&mut theme);
            let [has_colour, has_background] =
                [style.fg, style.bg].map(|colour| colour.is_some_and(|c| c != Color::Reset));
            assert_eq!(has_colour, has_background, "{role}");
        }
    }

    #[test]
    fn mono_has_no_colours() {
        let mut theme = built_in("mono", ColourDepth::All);
        for (role, style) in ROLES {
            let style = style(&mut theme);
            assert!([style.fg, style.bg].into_iter().flatten().all(|colour| colour == Color::Reset), "{role}");
        }
    }

    #[test]
    fn theme_sets_what_differs_from_another() {
        let text =
            "danger = \"bold #ff0000 on black\"\ninherits = \"dark\"\n[sixteen-colours]\ndanger = \"bright-red\"";
        let all = parse("t", text, ColourDepth::All).unwrap();
        let expected = Style::new().fg(Color::Indexed(196)).bg(Color::Black).add_modifier(Modifier::BOLD);
        assert_eq!(all.danger, expected);
        assert_eq!(all.good, built_in("dark", ColourDepth::All).good);
        let sixteen = parse("t", text, ColourDepth::Sixteen).unwrap();
        assert_eq!(sixteen.danger, Style::new().fg(Color::LightRed));
        let first = "[sixteen-colours]\ndanger = \"bright-red\"\n";
        assert_eq!(parse("t", first, ColourDepth::All).unwrap(), Theme::colour());
    }

    #[test]
    fn faults_of_themes_are_explained() {
        let explain = |text: &str| parse("~/t.toml", text, ColourDepth::All).unwrap_err().to_string();
        insta::assert_snapshot!([
            "x = 1",
            "dangr = \"red\"",
            "strong = \"bold\"\nwarning = 3",
            "accent = \"#ff87\"",
            "accent = \"#+12345\"",
            "accent = \"purpel\"",
            "accent = \"bold brght-red\"",
            "accent = \"red blue\"",
            "accent = \"red on\"",
            "inherits = \"drak\"",
            "sixteen-colours = \"red\"",
            "[sixteen-colours]\n\ndanger = \"rde\"",
            "accent = red",
        ].map(explain).join("\n"), @r##"
        the theme ~/t.toml can't be used: line 1: a text in quotes is expected here. Correct this line
        the theme ~/t.toml can't be used: line 1: there is no style "dangr". Did you mean: danger?
        the theme ~/t.toml can't be used: line 2: a text in quotes is expected here. Correct this line
        the theme ~/t.toml can't be used: line 1: "#ff87" is not a colour. Write # and six hexadecimal digits, such as #ff8787
        the theme ~/t.toml can't be used: line 1: "#+12345" is not a colour. Write # and six hexadecimal digits, such as #ff8787
        the theme ~/t.toml can't be used: line 1: "purpel" is neither a colour nor a modifier. Use a colour (#rrggbb, or a name such as bright-red) or one of: bold, dim, italic, underlined, reversed
        the theme ~/t.toml can't be used: line 1: "brght-red" is neither a colour nor a modifier. Did you mean: bright-red?
        the theme ~/t.toml can't be used: line 1: the text already has a colour, so "blue" can't be its colour too. For the colour of the background, write "on" before the colour
        the theme ~/t.toml can't be used: line 1: "on" has no colour after it. Correct this line
        the theme ~/t.toml can't be used: line 1: there is no theme "drak" to inherit. Did you mean: dark?
        the theme ~/t.toml can't be used: line 1: sixteen-colours must be a table. Write [sixteen-colours] on a line of its own, and its styles below
        the theme ~/t.toml can't be used: line 3: "rde" is neither a colour nor a modifier. Use a colour (#rrggbb, or a name such as bright-red) or one of: bold, dim, italic, underlined, reversed
        the theme ~/t.toml can't be used: line 1: the value is not valid: a text must be in quotes. Correct this line
        "##);
    }

    proptest! {
        #[test]
        fn any_text_gives_a_theme_or_an_error(text in ".{0,80}", key in "[a-z-]{1,12}", value in "[#a-z0-9 -]{0,20}") {
            let _ = parse("t", &text, ColourDepth::All);
            for key in [key.as_str(), "accent", "backdrop", INHERITS] {
                let _ = parse("t", &format!("{key} = \"{value}\"\n[{SIXTEEN}]\n{key} = \"{value}\""), ColourDepth::Sixteen);
            }
        }
    }
}
