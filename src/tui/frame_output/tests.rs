use std::num::NonZero;

use proptest::prelude::*;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::*;

const COLUMNS: u16 = 24;
const ROWS: u16 = 8;

fn frame(rows: &[Line<'_>]) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, COLUMNS, ROWS));
    for (y, line) in (0..).zip(rows) {
        line.render(Rect::new(0, y, COLUMNS, 1), &mut buffer);
    }
    buffer
}

/// Returns what the screen shows: each cell with its style.
fn screen(terminal: &vt100::Parser) -> Vec<String> {
    let cell = |(y, x): (u16, u16)| {
        let cell = terminal.screen().cell(y, x).unwrap();
        let text = if cell.has_contents() { cell.contents() } else { " " };
        let is_seen = text != " " || cell.inverse() || cell.underline();
        let style = (cell.fgcolor(), cell.bold(), cell.dim());
        let style = Some(style).filter(|_| is_seen && !cell.is_wide_continuation());
        format!("{text} {:?} {} {} {style:?}", cell.bgcolor(), cell.inverse(), cell.underline())
    };
    (0..ROWS).flat_map(|y| (0..COLUMNS).map(move |x| (y, x))).map(cell).collect()
}

fn size(number: u16) -> NonZero<u16> {
    NonZero::new(number).unwrap()
}

fn shows(frames: &[Buffer]) -> Vec<String> {
    let (mut terminal, mut output) = (vt100::Parser::new(size(ROWS), size(COLUMNS), 0), FrameOutput::new());
    frames.iter().for_each(|frame| terminal.process(&output.take(&mut frame.clone())));
    screen(&terminal)
}

fn styles() -> impl Strategy<Value = Style> {
    let colour = prop::sample::select(vec![Color::Reset, Color::Cyan, Color::DarkGray, Color::Indexed(200)]);
    let background = prop::sample::select(vec![Color::Reset, Color::Reset, Color::Blue, Color::Rgb(1, 2, 3)]);
    let modifier = prop::sample::select(vec![
        Modifier::empty(),
        Modifier::BOLD,
        Modifier::DIM,
        Modifier::REVERSED,
        Modifier::UNDERLINED | Modifier::BOLD,
    ]);
    (colour, background, modifier).prop_map(|(fg, bg, modifier)| Style::new().fg(fg).bg(bg).add_modifier(modifier))
}

fn lines() -> impl Strategy<Value = Vec<Line<'static>>> {
    let text = prop::sample::select(vec![
        "",
        " ",
        "token",
        "     ",
        "中文",
        "▶ ok",
        "×",
        "e\u{301}",
        "a long text of many columns",
    ]);
    let span = (text, styles()).prop_map(|(text, style)| Span::styled(text, style));
    prop::collection::vec(prop::collection::vec(span, 0..5).prop_map(Line::from), usize::from(ROWS))
}

proptest! {
    #[test]
    fn changes_show_the_same_as_a_full_frame(first in lines(), second in lines(), kept in 0..ROWS, moved in 0..ROWS) {
        let mut third = first.clone();
        third.rotate_left(moved.into());
        third.truncate(kept.into());
        third.extend(second.iter().skip(kept.into()).cloned());
        let frames = [frame(&first), frame(&second), frame(&third), frame(&first)];
        for count in 1..=frames.len() {
            prop_assert_eq!(shows(&frames[..count]), shows(&frames[count - 1..count]));
        }
    }
}

fn list(first: usize, cursor: usize) -> Buffer {
    let row = |at: usize| {
        let style = if at == cursor { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
        Line::styled(format!("{:COLUMNS$}", format!("token-number-{at:04}"), COLUMNS = COLUMNS.into()), style)
    };
    frame(&(first..first + usize::from(ROWS)).map(row).collect::<Vec<_>>())
}

#[test]
fn nothing_is_written_for_the_same_frame() {
    let mut output = FrameOutput::new();
    assert!(!output.take(&mut list(0, 0)).is_empty());
    assert_eq!(output.take(&mut list(0, 0)), b"");
    output.set_stale();
    assert!(!output.take(&mut list(0, 0)).is_empty());
}

#[test]
fn rows_that_moved_are_scrolled() {
    let mut output = FrameOutput::new();
    let whole = output.take(&mut list(0, 7)).len();
    for next in [list(1, 8), list(0, 1), list(2, 9)] {
        let bytes = output.take(&mut next.clone()).len();
        assert!(bytes < whole / 2, "{bytes} of {whole}");
    }
}

#[test]
fn a_move_of_the_cursor_writes_two_rows() {
    let mut output = FrameOutput::new();
    output.take(&mut list(0, 0));
    let bytes = String::from_utf8(output.take(&mut list(0, 1))).unwrap();
    let rows = ["token-number-0000", "token-number-0001"].map(|name| format!("{name:24}"));
    assert_eq!(
        bytes,
        format!("\x1b[?2026h\x1b[1H{}\x1b[K\x1b[2H\x1b[7m{}\x1b[m\x1b[?2026l", rows[0].trim_end(), rows[1])
    );
}
