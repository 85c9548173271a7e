//! Colours of themes: their names, and their mapping to the colours that a terminal has.

use ratatui::style::{Color, Style};

use crate::platform::terminal_facts::ColourDepth;

/// The names of the terminal's own colours, by number.
pub(super) const NAMES: [(&str, Color); 16] = [
    ("black", Color::Black),
    ("red", Color::Red),
    ("green", Color::Green),
    ("yellow", Color::Yellow),
    ("blue", Color::Blue),
    ("magenta", Color::Magenta),
    ("cyan", Color::Cyan),
    ("white", Color::Gray),
    ("bright-black", Color::DarkGray),
    ("bright-red", Color::LightRed),
    ("bright-green", Color::LightGreen),
    ("bright-yellow", Color::LightYellow),
    ("bright-blue", Color::LightBlue),
    ("bright-magenta", Color::LightMagenta),
    ("bright-cyan", Color::LightCyan),
    ("bright-white", Color::White),
];

/// The values of the colour cube that 256 colours have.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
const FIRST_OF_CUBE: u8 = 16;
const FIRST_GREY: u8 = 232;
const GREYS: u8 = 24;
/// Difference between the strongest and the weakest part of a colour below which the colour is a grey.
const MAX_GREY: u8 = 24;

/// Returns `style` in colours that a terminal of `depth` has.
pub(super) fn at_depth(style: Style, depth: ColourDepth) -> Style {
    let map = |colour: Option<Color>| match colour {
        Some(Color::Rgb(r, g, b)) => Some(nearest([r, g, b], depth)),
        other => other,
    };
    Style { fg: map(style.fg), bg: map(style.bg), ..style }
}

/// Returns the colour nearest to `rgb`. One that is among the 256 colours is used by its number, which takes fewer bytes.
fn nearest(rgb: [u8; 3], depth: ColourDepth) -> Color {
    let by_number = (FIRST_OF_CUBE..=u8::MAX).min_by_key(|number| distance(rgb_of(*number), rgb));
    let number = by_number.unwrap_or(FIRST_OF_CUBE);
    match depth {
        ColourDepth::Sixteen => nearest_of_sixteen(rgb),
        ColourDepth::All if rgb_of(number) != rgb => Color::Rgb(rgb[0], rgb[1], rgb[2]),
        ColourDepth::Indexed | ColourDepth::All => Color::Indexed(number),
    }
}

/// Returns the value of a colour of the 256, which is known from 16 on.
pub fn rgb_of(number: u8) -> [u8; 3] {
    match number.checked_sub(FIRST_GREY) {
        Some(grey) => [8 + 10 * grey.min(GREYS - 1); 3],
        None => {
            let at = usize::from(number.saturating_sub(FIRST_OF_CUBE));
            [at / 36, at / 6, at].map(|at| LEVELS[at % LEVELS.len()])
        }
    }
}

fn distance(a: [u8; 3], b: [u8; 3]) -> u32 {
    a.into_iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
}

/// Returns the colour with the nearest hue. The values of the sixteen differ by terminal, but not what they mean.
fn nearest_of_sixteen([r, g, b]: [u8; 3]) -> Color {
    let (most, least) = (r.max(g).max(b), r.min(g).min(b));
    if most - least < MAX_GREY {
        return match most {
            0..=63 => Color::Black,
            64..=159 => Color::DarkGray,
            160..=223 => Color::Gray,
            _ => Color::White,
        };
    }
    // A part belongs to the hue if it is in the upper half: red and green give yellow.
    let is_in = |part: u8| u16::from(part) * 2 >= u16::from(most) + u16::from(least);
    match (is_in(r), is_in(g), is_in(b)) {
        (true, false, false) => Color::Red,
        (false, true, false) => Color::Green,
        (true, true, false) => Color::Yellow,
        (false, false, true) => Color::Blue,
        (true, false, true) => Color::Magenta,
        (false, true, true) => Color::Cyan,
        (true, true, true) | (false, false, false) => Color::White,
    }
}

/// Returns the relative luminance of a colour, from 0 to 1, as WCAG 2 defines it.
fn luminance(rgb: [u8; 3]) -> f64 {
    let [r, g, b] = rgb.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// Returns the contrast of two colours, from 1 to 21, as WCAG 2 defines it.
pub fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Returns `true` if black text is read better on `rgb` than white text.
pub fn is_light(rgb: [u8; 3]) -> bool {
    contrast(rgb, [0; 3]) > contrast(rgb, [255; 3])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_wcag() {
        let shown = |a, b| format!("{:.2}", contrast(a, b));
        assert_eq!(shown([0; 3], [255; 3]), "21.00");
        assert_eq!(shown([0x77; 3], [255; 3]), "4.48");
        assert_eq!(shown([255, 0, 0], [255; 3]), "4.00");
        assert!(
            is_light([0xfa; 3]) && is_light([0xee, 0xe8, 0xd5]) && !is_light([0x1e; 3]) && !is_light([0, 0x2b, 0x36])
        );
    }

    #[test]
    fn colours_are_mapped_to_those_of_the_terminal() {
        let at = |rgb, depth| nearest(rgb, depth);
        assert_eq!(at([0xff, 0x87, 0x87], ColourDepth::All), Color::Indexed(210), "by number");
        assert_eq!(at([0xff, 0x88, 0x87], ColourDepth::All), Color::Rgb(0xff, 0x88, 0x87));
        assert_eq!(at([0xff, 0x88, 0x87], ColourDepth::Indexed), Color::Indexed(210));
        assert_eq!(at([0x3a; 3], ColourDepth::Indexed), Color::Indexed(237));
        for (rgb, expected) in [
            ([0xff, 0x87, 0x87], Color::Red),
            ([0xaf, 0, 0], Color::Red),
            ([0x87, 0xd7, 0x87], Color::Green),
            ([0xff, 0xd7, 0x5f], Color::Yellow),
            ([0x5f, 0x5f, 0], Color::Yellow),
            ([0, 0x5f, 0xff], Color::Blue),
            ([0x87, 0xd7, 0xff], Color::Cyan),
            ([0x87, 0, 0x87], Color::Magenta),
            ([0; 3], Color::Black),
            ([0x58; 3], Color::DarkGray),
            ([0xb2; 3], Color::Gray),
            ([255; 3], Color::White),
        ] {
            assert_eq!(at(rgb, ColourDepth::Sixteen), expected, "{rgb:?}");
        }
    }

    #[test]
    fn numbers_have_the_values_of_xterm() {
        for (number, rgb) in [(16, [0; 3]), (210, [255, 135, 135]), (231, [255; 3]), (232, [8; 3]), (255, [238; 3])] {
            assert_eq!(rgb_of(number), rgb);
        }
    }
}
