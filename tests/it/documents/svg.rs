//! Renders a screen's buffer as an SVG picture.

use std::fmt::Write as _;

use jeton::tui::theme::colour::rgb_of;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// Size of a cell and padding around the screen, in pixels.
const WIDTH: f32 = 8.4;
const HEIGHT: f32 = 18.0;
const MARGIN: f32 = 14.0;
/// Distance from the top of a cell to the baseline of its letters.
const BASELINE: f32 = 13.5;

/// Colours of a terminal.
pub struct Palette {
    background: &'static str,
    foreground: &'static str,
    /// Black to white, then the bright ones.
    colours: [&'static str; 16],
}

pub const DARK: Palette = Palette {
    background: "#16181d",
    foreground: "#d7dae0",
    colours: [
        "#2a2e37", "#f0717b", "#8cc97d", "#e5c07b", "#6cb0f2", "#c792ea", "#5cc8d6", "#d7dae0", "#8a919e", "#ff8f98",
        "#a8dd9a", "#f2d598", "#8cc4ff", "#d9adf5", "#80dde8", "#ffffff",
    ],
};

pub const LIGHT: Palette = Palette {
    background: "#fbfaf7",
    foreground: "#24272e",
    colours: [
        "#24272e", "#b4232f", "#2f7d32", "#8a6100", "#1c64b0", "#7b3fa0", "#0f727f", "#e4e2dc", "#6b7280", "#d13440",
        "#3c9440", "#a87600", "#2a78c8", "#9150b8", "#1a8b9a", "#ffffff",
    ],
};

impl Palette {
    fn of(&self, colour: Color, default: &'static str) -> String {
        let hex = |[r, g, b]: [u8; 3]| format!("#{r:02x}{g:02x}{b:02x}");
        let at = match colour {
            Color::Black => 0,
            Color::Red => 1,
            Color::Green => 2,
            Color::Yellow => 3,
            Color::Blue => 4,
            Color::Magenta => 5,
            Color::Cyan => 6,
            Color::Gray => 7,
            Color::DarkGray => 8,
            Color::LightRed => 9,
            Color::LightGreen => 10,
            Color::LightYellow => 11,
            Color::LightBlue => 12,
            Color::LightMagenta => 13,
            Color::LightCyan => 14,
            Color::White => 15,
            Color::Reset => return default.to_owned(),
            Color::Rgb(r, g, b) => return hex([r, g, b]),
            Color::Indexed(number) if number >= 16 => return hex(rgb_of(number)),
            Color::Indexed(number) => number.into(),
        };
        self.colours[at].to_owned()
    }

    /// Returns foreground and background of a cell, swapped in reversed cells.
    fn colours(&self, cell: &Cell) -> (String, String) {
        let fg = self.of(cell.fg, self.foreground);
        let bg = self.of(cell.bg, self.background);
        if cell.modifier.contains(Modifier::REVERSED) { (bg, fg) } else { (fg, bg) }
    }
}

/// Renders the picture. `title` is for readers who don't see it.
pub fn render(buffer: &Buffer, palette: &Palette, title: &str) -> String {
    let (columns, rows) = (f32::from(buffer.area.width), f32::from(buffer.area.height));
    let (width, height) = (columns * WIDTH + 2.0 * MARGIN, rows * HEIGHT + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" role=\"img\">\n<title>{}</title>\n\
         <rect width=\"{width:.0}\" height=\"{height:.0}\" rx=\"8\" fill=\"{}\"/>\n\
         <g font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"14\" \
         xml:space=\"preserve\">\n",
        escape(title),
        palette.background,
    );
    for (row, cells) in buffer.content.chunks(usize::from(buffer.area.width).max(1)).enumerate() {
        let top = MARGIN + row as f32 * HEIGHT;
        for (start, run) in runs(cells) {
            let (fg, bg) = palette.colours(run[0]);
            let (left, wide) = (MARGIN + start as f32 * WIDTH, run.len() as f32 * WIDTH);
            // Writing into a string doesn't fail.
            if bg != palette.background {
                let _ = writeln!(
                    svg,
                    "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{wide:.1}\" height=\"{HEIGHT}\" fill=\"{bg}\" shape-rendering=\"crispEdges\"/>"
                );
            }
            let modifier = run[0].modifier;
            let blank = |cell: &&&Cell| cell.symbol() == " " && !modifier.contains(Modifier::UNDERLINED);
            let (before, after) = (run.iter().take_while(blank).count(), run.iter().rev().take_while(blank).count());
            if before == run.len() {
                continue;
            }
            let run = &run[before..run.len() - after];
            let (left, wide) = (left + before as f32 * WIDTH, run.len() as f32 * WIDTH);
            let text: String = run.iter().map(|cell| cell.symbol()).collect();
            let mut style = String::new();
            for (flag, attribute) in [
                (Modifier::BOLD, " font-weight=\"bold\""),
                (Modifier::DIM, " opacity=\"0.6\""),
                (Modifier::UNDERLINED, " text-decoration=\"underline\""),
            ] {
                if modifier.contains(flag) {
                    style.push_str(attribute);
                }
            }
            let _ = writeln!(
                svg,
                "<text x=\"{left:.1}\" y=\"{:.1}\" textLength=\"{wide:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{fg}\"{style}>{}</text>",
                top + BASELINE,
                escape(&text)
            );
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// Groups neighbouring cells of one style, each group with its first column. A cell hidden by a wide letter stays in
/// the group.
fn runs(cells: &[Cell]) -> Vec<(usize, Vec<&Cell>)> {
    let mut runs: Vec<(usize, Vec<&Cell>)> = Vec::new();
    for (column, cell) in cells.iter().enumerate() {
        let style = |c: &Cell| (c.fg, c.bg, c.modifier);
        match runs.last_mut() {
            // A gap of blanks ends a group, so that a font with wider letters can't push later text aside.
            Some((_, run)) if style(run[0]) == style(cell) && !(gap(run) && cell.symbol() != " ") => run.push(cell),
            _ => runs.push((column, vec![cell])),
        }
    }
    runs
}

fn gap(run: &[&Cell]) -> bool {
    run.len() > 1 && run.iter().rev().take(2).all(|c| c.symbol() == " ") || run.iter().any(|c| c.symbol().width() > 1)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
