//! The box around a dialog.

use ratatui::Frame;
use ratatui::layout::{Margin, Position, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear};

use super::key_hints::hint_at;
use crate::tui::component::{ClickTarget, Component};
use crate::tui::model::Model;
use crate::tui::text_fit::cut;
use crate::tui::theme::Theme;
use crate::tui::widget::lines::draw_lines;

/// Maximum width of a dialog, in columns.
const MAX_DIALOG_COLUMNS: u16 = 110;
/// A dialog up to this width covers the whole screen. A wider one leaves its edges visible.
const MIN_DIALOG_COLUMNS: u16 = 78;

/// Lines of the box that aren't lines of the dialog: two borders and the keys.
pub const FRAME_ROWS: usize = 3;

fn outer_width(area: Rect) -> u16 {
    let most = area.width.saturating_sub(2);
    most.min(MIN_DIALOG_COLUMNS.max(most - most / 10)).min(MAX_DIALOG_COLUMNS)
}

/// Maximum width and height of a panel, in columns and rows.
const MAX_PANEL: (u16, u16) = (150, 50);

/// Returns the area of a panel over `area`, with its box.
fn panel_place(area: Rect) -> Rect {
    let (width, height) = (area.width.saturating_sub(2).min(MAX_PANEL.0), area.height.min(MAX_PANEL.1));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// Returns the area inside the box of a panel over `area`.
pub fn panel_inside(area: Rect) -> Rect {
    panel_place(area).inner(Margin { horizontal: 2, vertical: 1 })
}

/// Draws the box of a dialog that uses all available room.
pub fn draw_panel(frame: &mut Frame<'_>, area: Rect, title: &str, right: &str, theme: &Theme) {
    let place = panel_place(area);
    let width = usize::from(place.width);
    let right = format!(" {} ", cut(right, width.saturating_sub(6)));
    let title = format!(" {} ", cut(title, width.saturating_sub(crate::tui::text_fit::width(&right) + 5)));
    let block = Block::bordered()
        .title(Line::styled(title, theme.strong))
        .title(Line::styled(right, theme.dim).right_aligned());
    frame.render_widget(Clear, place.outer(Margin { horizontal: 1, vertical: 0 }).intersection(area));
    frame.render_widget(block, place);
}

/// Returns the number of columns inside the box of a dialog over `area`.
pub fn dialog_columns(area: Rect) -> usize {
    usize::from(outer_width(area).saturating_sub(4))
}

/// Returns the area of dialogs on a terminal with this many columns and rows: all above the footer.
pub fn dialog_area((columns, rows): (u16, u16)) -> Rect {
    Rect::new(0, 0, columns, rows.saturating_sub(1))
}

/// The place of a dialog.
pub struct DialogPlace {
    outer: Rect,
    /// The lines of the dialog.
    pub lines: Rect,
    /// The line with the keys.
    pub keys: Rect,
}

/// Returns the place of a dialog with this number of lines in the middle of `area`.
pub fn dialog_place(area: Rect, lines: usize) -> DialogPlace {
    let width = outer_width(area);
    let height = u16::try_from(lines + FRAME_ROWS).unwrap_or(u16::MAX).min(area.height);
    let outer = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    let inside = outer.inner(Margin { horizontal: 2, vertical: 1 });
    let room = inside.height.saturating_sub(1);
    let keys = Rect { y: inside.y + room, height: inside.height.min(1), ..inside };
    DialogPlace { outer, lines: Rect { height: room, ..inside }, keys }
}

/// Returns the first of `lines` that is shown in `room`: all if they fit, else those around the `focus`ed one.
fn first_shown(lines: usize, room: usize, focus: usize) -> usize {
    (focus + 1).saturating_sub(room.div_ceil(2)).min(lines.saturating_sub(room))
}

/// Returns what was clicked in a dialog of `lines` lines that [`draw_dialog`] has drawn: a key, or the line at the
/// position.
pub fn dialog_click(
    page: &dyn Component,
    at: Position,
    area: Rect,
    (lines, focus): (usize, usize),
    model: &Model,
) -> Option<ClickTarget> {
    let place = dialog_place(area, lines);
    if let Some(action) = hint_at(page, at, place.keys, model) {
        return Some(ClickTarget::Key(action));
    }
    let first = first_shown(lines, place.lines.height.into(), focus);
    place.lines.contains(at).then(|| ClickTarget::Item(first + usize::from(at.y - place.lines.y)))
}

/// Draws a dialog in the middle of `area`: its lines, and `keys` on the last line. If not all lines fit, those around
/// the `focus`ed one are shown. The keys are always shown.
pub fn draw_dialog(
    frame: &mut Frame<'_>,
    area: Rect,
    title: &str,
    mut lines: Vec<Line<'static>>,
    focus: usize,
    keys: Line<'static>,
    theme: &Theme,
) {
    let place = dialog_place(area, lines.len());
    let title = format!(" {} ", cut(title, usize::from(place.outer.width).saturating_sub(6)));
    let block = Block::bordered().title(Line::styled(title, theme.strong));
    frame.render_widget(Clear, place.outer.outer(Margin { horizontal: 1, vertical: 0 }).intersection(area));
    frame.render_widget(block, place.outer);

    let room = usize::from(place.lines.height);
    lines.drain(..first_shown(lines.len(), room, focus));
    lines.truncate(room);
    draw_lines(frame, &lines, place.lines);
    frame.render_widget(keys, place.keys);
}
