//! Bytes that turn one frame on the terminal into the next, as few as possible: they may cross a slow link.
//!
//! Rows that only moved are scrolled by the terminal, blank ends of rows are erased, and unchanged cells are skipped.

use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher};
use std::io::Write as _;

use foldhash::fast::FixedState;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

use crate::tui::text_fit::width;

/// Makes the terminal show a frame as a whole, if it supports that.
const BEGIN_FRAME: &[u8] = b"\x1b[?2026h";
const END_FRAME: &[u8] = b"\x1b[?2026l";
const CLEAR: &[u8] = b"\x1b[m\x1b[H\x1b[2J";
const ERASE_TO_END_OF_ROW: &[u8] = b"\x1b[K";
/// Unchanged cells that are written again, because that takes fewer bytes than a move of the cursor.
const MAX_REWRITTEN: u16 = 3;
/// Rows that must have moved together for the terminal to scroll them.
const MIN_SCROLLED_ROWS: usize = 3;
/// Bytes of a change from which on a scroll can save some.
const WORTH_SCROLLING: usize = 100;
/// The modifiers that are seen on a blank cell.
const VISIBLE_ON_BLANK: Modifier = Modifier::REVERSED.union(Modifier::UNDERLINED).union(Modifier::CROSSED_OUT);
/// The sequence parameters that switch modifiers on and off.
const MODIFIERS: [(Modifier, u8, u8); 6] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::REVERSED, 7, 27),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// The frame that the terminal shows.
pub(super) struct FrameOutput {
    shown: Buffer,
    /// `true` if the terminal may show something else.
    is_stale: bool,
}

impl FrameOutput {
    /// Creates the output to a terminal that shows anything.
    pub fn new() -> Self {
        FrameOutput { shown: Buffer::default(), is_stale: true }
    }

    /// Makes the next frame be written in full.
    pub fn set_stale(&mut self) {
        self.is_stale = true;
    }

    /// Takes the content of `next`, and leaves blanks there. Returns the bytes that show it, which are none if the terminal
    /// shows it already.
    pub fn take(&mut self, next: &mut Buffer) -> Vec<u8> {
        let mut bytes = Vec::new();
        if std::mem::take(&mut self.is_stale) || self.shown.area != next.area {
            self.shown = Buffer::empty(next.area);
            bytes.extend_from_slice(CLEAR);
        }
        let mut changes = changes(&self.shown, next);
        if changes.len() > WORTH_SCROLLING
            && let Some(scroll) = Scroll::find(&self.shown, next)
        {
            let mut scrolled = self.shown.clone();
            scroll.apply(&mut scrolled);
            let mut after = scroll.bytes();
            after.extend(self::changes(&scrolled, next));
            if after.len() < changes.len() {
                changes = after;
            }
        }
        bytes.append(&mut changes);
        // An exchange takes less time than a copy.
        std::mem::swap(&mut self.shown.content, &mut next.content);
        next.reset();
        if bytes.is_empty() { bytes } else { [BEGIN_FRAME, &bytes, END_FRAME].concat() }
    }
}

/// Rows that move up or down together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Scroll {
    first: usize,
    /// The row after the last one.
    end: usize,
    /// Number of rows by which they move, and `true` if they move up.
    by: usize,
    is_up: bool,
}

impl Scroll {
    /// Finds the most rows of `next` whose text is elsewhere in `shown`. Rows with other text count too if their
    /// hashes are equal; the scroll then saves no bytes.
    fn find(shown: &Buffer, next: &Buffer) -> Option<Scroll> {
        let (shown, next) = (text_hashes(shown), text_hashes(next));
        let mut best: Option<(usize, Scroll)> = None;
        for by in 1..next.len() {
            for is_up in [true, false] {
                // Row `at` of the lower rows moves to row `at` of the upper ones, or the other way round.
                let has_moved = |at: usize| {
                    let (from, to) = if is_up { (at + by, at) } else { (at, at + by) };
                    shown[from] == next[to] && shown[to] != next[to]
                };
                let mut at = 0;
                while at + by < next.len() {
                    let first = at;
                    while at + by < next.len() && has_moved(at) {
                        at += 1;
                    }
                    let moved = at - first;
                    if moved >= MIN_SCROLLED_ROWS && best.is_none_or(|(most, _)| moved > most) {
                        best = Some((moved, Scroll { first, end: at + by, by, is_up }));
                    }
                    at += 1;
                }
            }
        }
        best.map(|(_, scroll)| scroll)
    }

    /// Returns the bytes that move the rows: lines deleted or inserted within a scroll region.
    fn bytes(self) -> Vec<u8> {
        let Scroll { first, end, by, is_up } = self;
        let (top, lines) = (first + 1, if is_up { 'M' } else { 'L' });
        format!("\x1b[{top};{end}r\x1b[{top}H\x1b[{by}{lines}\x1b[r").into_bytes()
    }

    fn apply(self, buffer: &mut Buffer) {
        let columns = usize::from(buffer.area.width);
        let rows = &mut buffer.content[self.first * columns..self.end * columns];
        let by = self.by * columns;
        let blank = if self.is_up {
            rows.rotate_left(by);
            rows.len() - by..rows.len()
        } else {
            rows.rotate_right(by);
            0..by
        };
        rows[blank].fill(Cell::default());
    }
}

fn rows(buffer: &Buffer) -> impl Iterator<Item = &[Cell]> {
    buffer.content.chunks(usize::from(buffer.area.width).max(1))
}

/// Returns a hash of the text of each row.
fn text_hashes(buffer: &Buffer) -> Vec<u64> {
    let hash = |row: &[Cell]| {
        let mut hasher = FixedState::default().build_hasher();
        row.iter().for_each(|cell| hasher.write(cell.symbol().as_bytes()));
        hasher.finish()
    };
    rows(buffer).map(hash).collect()
}

/// Returns the columns of a row whose cells differ, except those that a wide character covers.
fn changed_columns(shown: &[Cell], next: &[Cell]) -> impl Iterator<Item = u16> {
    let mut covered = 0;
    (0..).zip(shown.iter().zip(next)).filter_map(move |(x, (old, new))| {
        if x < covered {
            return None;
        }
        covered = x + columns(new);
        (old != new).then_some(x)
    })
}

/// Returns the bytes that turn the cells of `shown` into those of `next`.
fn changes(shown: &Buffer, next: &Buffer) -> Vec<u8> {
    let mut writer = CellWriter::default();
    let columns = next.area.width;
    let mut erased_row = None;
    let changed = (0..).zip(rows(shown).zip(rows(next)));
    for (x, y) in changed.flat_map(|(y, (old, new))| changed_columns(old, new).map(move |x| (x, y))) {
        let cell = &next[(x, y)];
        if erased_row == Some(y) || (looks_same(&shown[(x, y)], cell) && !follows_wide(shown, x, y)) {
            continue;
        }
        writer.move_to(x, y, next);
        let is_erasable = |x| is_plain_blank(&next[(x, y)]);
        if columns - x > ERASE_TO_END_OF_ROW.len() as u16 && (x..columns).all(is_erasable) {
            writer.erase_to_end_of_row();
            erased_row = Some(y);
        } else {
            writer.write(cell, columns);
            // Terminals differ in how they blank the rest of a wide character.
            let after = x + self::columns(cell);
            if after < columns && is_wide(&shown[(after - 1, y)]) {
                writer.move_to(after, y, next);
                writer.write(&next[(after, y)], columns);
            }
        }
    }
    writer.finish()
}

/// Returns `true` if two cells look the same, although the colour of a blank may be another one.
fn looks_same(one: &Cell, other: &Cell) -> bool {
    let are_blank = one.symbol() == " " && other.symbol() == " ";
    one == other || (are_blank && Pen::from_cell(one).on_blank() == Pen::from_cell(other).on_blank())
}

/// Returns `true` if a wide character covers the cell, or did.
fn follows_wide(shown: &Buffer, x: u16, y: u16) -> bool {
    x > 0 && is_wide(&shown[(x - 1, y)])
}

fn is_wide(cell: &Cell) -> bool {
    columns(cell) > 1
}

/// Returns the number of columns that the text of the cell takes.
fn columns(cell: &Cell) -> u16 {
    match cell.symbol() {
        // No character of one byte is wide.
        text if text.len() <= 1 => 1,
        text => u16::try_from(width(text)).unwrap_or(1).max(1),
    }
}

fn is_plain_blank(cell: &Cell) -> bool {
    looks_same(cell, &Cell::default())
}

/// Returns `true` if every terminal moves the cursor by one column for the cell.
fn is_simple(cell: &Cell) -> bool {
    cell.symbol().len() == 1 || (cell.symbol().chars().count() == 1 && width(cell.symbol()) == 1)
}

/// The style in which the terminal writes.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

impl Pen {
    const PLAIN: Pen = Pen { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

    fn from_cell(cell: &Cell) -> Pen {
        Pen { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// Returns the part of the style that is seen on a blank.
    fn on_blank(self) -> Pen {
        if self.modifier.intersects(VISIBLE_ON_BLANK) { self } else { Pen { bg: self.bg, ..Pen::PLAIN } }
    }

    /// Returns the style in which `cell` looks right, which for a blank may be that of this pen.
    fn for_cell(self, cell: &Cell) -> Pen {
        let wanted = Pen::from_cell(cell);
        if cell.symbol() == " " && self.on_blank() == wanted.on_blank() { self } else { wanted }
    }

    /// Returns the parameters that turn this pen into `to`.
    fn parameters(self, to: Pen) -> String {
        let mut step_by_step = String::new();
        let mut add = |parameter: String| {
            let _ = write!(step_by_step, "{}{parameter}", if step_by_step.is_empty() { "" } else { ";" });
        };
        let mut lost = self.modifier - to.modifier;
        // One parameter ends both bold and dim.
        if lost.intersects(Modifier::BOLD | Modifier::DIM) {
            lost |= self.modifier & (Modifier::BOLD | Modifier::DIM);
        }
        let mut ended = 0;
        for (modifier, _, off) in MODIFIERS.iter().filter(|(modifier, ..)| lost.contains(*modifier)) {
            if ended != *off {
                add(off.to_string());
            }
            ended = if modifier.intersects(Modifier::BOLD | Modifier::DIM) { *off } else { 0 };
        }
        let kept = self.modifier - lost;
        for (_, on, _) in MODIFIERS.iter().filter(|(modifier, ..)| (to.modifier - kept).contains(*modifier)) {
            add(on.to_string());
        }
        if self.fg != to.fg {
            add(colour(to.fg, 30));
        }
        if self.bg != to.bg {
            add(colour(to.bg, 40));
        }
        if self == Pen::PLAIN || to == Pen::PLAIN {
            return if to == Pen::PLAIN { String::new() } else { step_by_step };
        }
        let from_plain = format!("0;{}", Pen::PLAIN.parameters(to));
        if from_plain.len() < step_by_step.len() { from_plain } else { step_by_step }
    }
}

/// Returns the parameter of a colour. `base` is 30 for text and 40 for the background.
fn colour(colour: Color, base: u8) -> String {
    let named = |number: u8| if number < 8 { base + number } else { base + 52 + number };
    match colour {
        Color::Reset => (base + 9).to_string(),
        Color::Black => named(0).to_string(),
        Color::Red => named(1).to_string(),
        Color::Green => named(2).to_string(),
        Color::Yellow => named(3).to_string(),
        Color::Blue => named(4).to_string(),
        Color::Magenta => named(5).to_string(),
        Color::Cyan => named(6).to_string(),
        Color::Gray => named(7).to_string(),
        Color::DarkGray => named(8).to_string(),
        Color::LightRed => named(9).to_string(),
        Color::LightGreen => named(10).to_string(),
        Color::LightYellow => named(11).to_string(),
        Color::LightBlue => named(12).to_string(),
        Color::LightMagenta => named(13).to_string(),
        Color::LightCyan => named(14).to_string(),
        Color::White => named(15).to_string(),
        Color::Indexed(number) => format!("{};5;{number}", base + 8),
        Color::Rgb(red, green, blue) => format!("{};2;{red};{green};{blue}", base + 8),
    }
}

/// Writes cells, and remembers what the terminal does meanwhile.
struct CellWriter {
    bytes: Vec<u8>,
    pen: Pen,
    /// Column and row of the cursor. `None` if terminals differ about it.
    cursor: Option<(u16, u16)>,
}

impl Default for CellWriter {
    fn default() -> Self {
        CellWriter { bytes: Vec::new(), pen: Pen::PLAIN, cursor: None }
    }
}

impl CellWriter {
    fn move_to(&mut self, x: u16, y: u16, next: &Buffer) {
        match self.cursor {
            Some(cursor) if cursor == (x, y) => {}
            Some((from, row)) if row == y && from < x => {
                let gap = x - from;
                let cells = || (from..x).map(|x| &next[(x, y)]);
                if gap <= MAX_REWRITTEN && cells().all(|cell| is_simple(cell) && self.pen.for_cell(cell) == self.pen) {
                    cells().for_each(|cell| self.bytes.extend_from_slice(cell.symbol().as_bytes()));
                } else {
                    self.sequence(format_args!("{}C", count(gap)));
                }
            }
            _ if x == 0 => self.sequence(format_args!("{}H", y + 1)),
            _ => self.sequence(format_args!("{};{}H", y + 1, x + 1)),
        }
        self.cursor = Some((x, y));
    }

    /// Writes `cell` at the cursor, on a screen of `columns`.
    fn write(&mut self, cell: &Cell, columns: u16) {
        self.set_pen(self.pen.for_cell(cell));
        self.bytes.extend_from_slice(cell.symbol().as_bytes());
        let moved = self.cursor.map(|(x, y)| (x + 1, y));
        // At the end of a row, the cursor waits for the next character.
        self.cursor = moved.filter(|(x, _)| is_simple(cell) && *x < columns);
    }

    /// Erases the row from the cursor on. Terminals use the background of the pen.
    fn erase_to_end_of_row(&mut self) {
        if self.pen.for_cell(&Cell::default()) != self.pen {
            self.set_pen(Pen::PLAIN);
        }
        self.bytes.extend_from_slice(ERASE_TO_END_OF_ROW);
    }

    fn set_pen(&mut self, pen: Pen) {
        if pen != self.pen {
            let parameters = self.pen.parameters(pen);
            self.sequence(format_args!("{parameters}m"));
            self.pen = pen;
        }
    }

    fn sequence(&mut self, rest: std::fmt::Arguments<'_>) {
        // Writing to a vector never fails.
        let _ = write!(self.bytes, "\x1b[{rest}");
    }

    fn finish(mut self) -> Vec<u8> {
        self.set_pen(Pen::PLAIN);
        self.bytes
    }
}

/// Returns a parameter whose default is 1.
fn count(count: u16) -> String {
    if count == 1 { String::new() } else { count.to_string() }
}

#[cfg(test)]
mod tests;
