//! Layout shared by all screens with lists.
//!
//! ```text
//!  the tabs, drawn for all screens (`screen::tabs`)
//!  / filter                               rows shown · important facts   ↓ order
//! ──────────────────────────────────────────────────────────────────────────
//!  the body                                                     │ a pane (wide)
//! ──────────────────────────────────────────────────────────────────────────
//!  two lines: the last change, or the row under the cursor
//! ```

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::error::{Error, Kind};
use crate::tui::keymap::{Action, Binding, Context};
use crate::tui::model::Model;
use crate::tui::notice::{Notice, NoticeId};
use crate::tui::text_fit::{cut, fit, fold, width};
use crate::tui::theme::Theme;
use crate::tui::widget::filter_field::FilterField;
use crate::tui::widget::lines::draw_lines;

/// Rows of the terminal outside the list: tabs, filter, rule, column titles; rule, two lines, footer.
const FRAME_ROWS: u16 = 8;
/// Row of the terminal with the filter, and the first one with a row of the list.
const FILTER_Y: u16 = 1;
const LIST_Y: u16 = 4;
/// Minimum number of columns for a pane next to the body.
const MIN_PANE_WIDTH: u16 = 116;
/// Columns of that pane.
const PANE_WIDTH: u16 = 46;
/// The hint for reading text that was cut.
const FILTER_COLUMNS: usize = 40;

/// Returns the number of list rows on a terminal of `rows`.
pub fn height(rows: u16) -> usize {
    usize::from(rows.saturating_sub(FRAME_ROWS))
}

/// A part of a list screen at a position of the terminal.
pub enum ListPart {
    Filter,
    /// A visible row of the list, from 0.
    Row(usize),
}

/// Returns the part at `at`, if the terminal has `rows` and the list is `columns` wide.
pub fn part_at(at: Position, columns: u16, rows: u16) -> Option<ListPart> {
    if at.y == FILTER_Y {
        return Some(ListPart::Filter);
    }
    let row = at.y.checked_sub(LIST_Y).map(usize::from)?;
    (at.x < columns && row < height(rows)).then_some(ListPart::Row(row))
}

/// The content around the body of a screen.
pub struct ScreenParts<'a> {
    /// The filter, and facts about the list.
    pub head: Line<'static>,
    /// Text below the body about the row under the cursor. A notice replaces it for a while.
    pub about: [String; 2],
    /// The key that undoes the last change, shown next to its notice.
    pub undo: Option<&'a Binding>,
}

/// Draws the frame below the tabs and returns the area of the body.
pub fn draw(frame: &mut Frame<'_>, area: Rect, parts: ScreenParts, model: &Model) -> Rect {
    let theme = &model.theme;
    let columns = usize::from(area.width);
    let row = |y: u16| Rect { y: area.y + y, height: 1, ..area }.intersection(area);
    let rule = || Line::styled("─".repeat(columns), theme.dim);
    let bottom = area.height.saturating_sub(3);
    frame.render_widget(parts.head, row(0));
    frame.render_widget(rule(), row(1));
    let in_front = model.active_screen().is_some();
    let below_body = model.long_work().map_or_else(rule, |work| work.progress_line(columns, in_front, theme));
    frame.render_widget(below_body, row(bottom));
    for (y, line) in (bottom + 1..).zip(notice_lines(parts.about, parts.undo, columns, model)) {
        frame.render_widget(line, row(y));
    }
    Rect { y: area.y + 2, height: bottom.saturating_sub(2), ..area }
}

/// Returns the first line of a list with a filter: the filter text, and `right`. While the filter is empty, its
/// place shows the password of a demo.
pub fn filter_line(filter: &FilterField, right: Vec<Span<'static>>, columns: usize, model: &Model) -> Line<'static> {
    let theme = &model.theme;
    let used_columns: usize = right.iter().map(Span::width).sum();
    let room = columns.saturating_sub(used_columns + 4);
    let focused = filter.is_typing();
    let mut spans = vec![Span::styled(" / ", if focused { theme.accent } else { theme.dim })];
    if focused || !filter.is_empty() {
        spans.extend(filter.input().spans(room.min(FILTER_COLUMNS), focused, theme));
        spans.push(Span::raw(" ".repeat(room.saturating_sub(FILTER_COLUMNS) + 1)));
    } else {
        spans.extend(warning(demo_hint(model, room), room, theme));
        spans.push(Span::raw(" "));
    }
    spans.extend(right);
    Line::from(spans)
}

/// Returns the first line of a list without a filter.
pub fn plain_line(right: Vec<Span<'static>>, columns: usize, model: &Model) -> Line<'static> {
    let used_columns: usize = right.iter().map(Span::width).sum();
    let room = columns.saturating_sub(used_columns);
    let mut spans = vec![Span::raw(" ")];
    spans.extend(warning(demo_hint(model, room.saturating_sub(2)), room.saturating_sub(1), &model.theme));
    spans.extend(right);
    Line::from(spans)
}

/// Returns `text` as a warning in `room` columns. The blanks after it keep the background of the terminal.
fn warning(text: String, room: usize, theme: &Theme) -> [Span<'static>; 2] {
    let text = cut(&text, room);
    let blanks = room.saturating_sub(width(&text));
    [Span::styled(text, theme.warning), Span::raw(" ".repeat(blanks))]
}

/// Returns the password of a demo, and the address of its service if there is room for both.
pub fn demo_hint(model: &Model, room: usize) -> String {
    let Some(demo) = &model.demo else { return String::new() };
    let text = |at: &str| format!("demo{at} · password: {}", demo.password.as_str());
    let whole = demo.service.as_ref().map(|service| text(&format!(" at {service}")));
    whole.filter(|text| width(text) <= room).unwrap_or_else(|| text(""))
}

fn notice_lines(about: [String; 2], undo: Option<&Binding>, columns: usize, model: &Model) -> [Line<'static>; 2] {
    let theme = &model.theme;
    let is_shown = |notice: &&Notice| model.active_screen().is_some() || !notice.is_below_dialogs();
    let Some(notice) = model.notice.as_ref().filter(is_shown) else {
        let [first, second] = about.map(|text| cut(&format!(" {text}"), columns));
        return [Line::raw(first), Line::styled(second, theme.dim)];
    };
    let (glyph, style) = notice.glyph(theme);
    let cli = notice.cli.as_ref().map_or_else(String::new, |cli| format!("   = {cli}"));
    // Next to another message, the key would seem to undo what the message says.
    let hint = undo.filter(|_| matches!(notice.id, NoticeId::Done(_))).and_then(|binding| undo_hint(binding, theme));
    let used_columns = hint.as_ref().map_or(0, |offer| offer.width() + 2);
    let room = columns.saturating_sub(4 + used_columns);
    // The remedy is at the end of the text: without a command the text may use both lines.
    let mut lines = if cli.is_empty() { fold(&notice.full_text(), room) } else { vec![notice.full_text()] }.into_iter();
    let text = lines.next().unwrap_or_default();
    let rest = lines.collect::<Vec<_>>().join(" ");
    let mut first = vec![Span::styled(format!(" {glyph} "), style), Span::raw(fit(&text, room))];
    first.extend(hint.into_iter().flat_map(|offer| offer.spans));
    let second = match cli.is_empty() {
        false => Line::styled(cut(&cli, columns), theme.dim),
        true if width(&rest) + 3 <= columns => Line::raw(format!("   {rest}")),
        true => {
            let more = format!("  {} Show all", model.keymap.key(Context::Global, Action::Messages));
            let rest = cut(&rest, columns.saturating_sub(width(&more) + 3));
            Line::from(vec![Span::raw(format!("   {rest}")), Span::styled(more, theme.dim)])
        }
    };
    [Line::from(first), second]
}

/// Returns the hint for the key that undoes the last change.
fn undo_hint(binding: &Binding, theme: &Theme) -> Option<Line<'static>> {
    let key = binding.key();
    Some(Line::from(vec![
        Span::raw("  "),
        Span::styled(key, theme.accent),
        Span::styled(format!(" {}", binding.label), theme.dim),
    ]))
}

/// Returns `about` on screens without a pane. On wide screens the pane shows everything, so the lines stay empty.
pub fn unless_detail_pane(about: [String; 2], area: Rect) -> [String; 2] {
    if area.width < MIN_PANE_WIDTH { about } else { Default::default() }
}

/// Returns the width of a list on a screen of `columns`, which is split if it is wide.
pub fn list_columns(columns: u16) -> u16 {
    if columns < MIN_PANE_WIDTH { columns } else { columns - PANE_WIDTH - 2 }
}

/// Splits the body into a list and, on a wide screen, a pane next to the list.
pub fn split_detail_pane(frame: &mut Frame<'_>, body: Rect, theme: &Theme) -> (Rect, Option<Rect>) {
    let list = Rect { width: list_columns(body.width), ..body };
    if list == body {
        return (body, None);
    }
    let bar = vec![Line::styled("│", theme.dim); usize::from(body.height)];
    draw_lines(frame, &bar, Rect { x: list.x + list.width + 1, width: 1, ..body });
    (list, Some(Rect { x: list.x + list.width + 3, width: PANE_WIDTH - 1, ..body }))
}

/// Returns the lines that explain an empty screen. An error is styled as one; a missing permission is not.
/// `denied_text` is the text for a role that may not read the screen.
pub fn error_lines(error: &Error, denied_text: &str, columns: usize, model: &Model) -> Vec<Line<'static>> {
    let room = columns.saturating_sub(2);
    let mut lines = vec![Line::default()];
    let mut say = |text: &str, style| {
        lines.extend(fold(text, room).into_iter().map(|line| Line::styled(format!(" {line}"), style)));
    };
    let plain = Style::new();
    match error.kind {
        Kind::Denied if model.auth.token().is_none() => say(denied_text, plain),
        // A token that signed in may lack the method, whatever its account is permitted.
        Kind::Denied => say(&error.to_string(), plain),
        Kind::Failure
        | Kind::Usage
        | Kind::NotFound
        | Kind::Unauthenticated
        | Kind::Conflict
        | Kind::Findings
        | Kind::Cancelled => say(&format!("! {error}"), model.theme.danger),
    }
    lines
}
