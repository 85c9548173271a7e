//! The box around a dialog.

use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Padding, Paragraph};

use crate::tui::text_fit::cut;
use crate::tui::theme::Theme;

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

/// Draws the box of a dialog that uses all available room, and returns the area inside.
pub fn draw_panel(frame: &mut Frame<'_>, area: Rect, title: &str, right: &str, theme: &Theme) -> Rect {
    let (width, height) = (area.width.saturating_sub(2).min(MAX_PANEL.0), area.height.min(MAX_PANEL.1));
    let place = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    let right = format!(" {} ", cut(right, usize::from(width).saturating_sub(6)));
    let title = format!(" {} ", cut(title, usize::from(width).saturating_sub(crate::tui::text_fit::width(&right) + 5)));
    let block = Block::bordered()
        .padding(Padding::horizontal(1))
        .title(Line::styled(title, theme.strong))
        .title(Line::styled(right, theme.dim).right_aligned());
    let inside = block.inner(place);
    frame.render_widget(Clear, place.outer(Margin { horizontal: 1, vertical: 0 }).intersection(area));
    frame.render_widget(block, place);
    inside
}

/// Returns the number of columns inside the box of a dialog over `area`.
pub fn dialog_columns(area: Rect) -> usize {
    usize::from(outer_width(area).saturating_sub(4))
}

/// Returns the area of dialogs on a terminal with this many columns and rows: all above the footer.
pub fn dialog_area((columns, rows): (u16, u16)) -> Rect {
    Rect::new(0, 0, columns, rows.saturating_sub(1))
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
    let width = outer_width(area);
    let height = u16::try_from(lines.len() + 3).unwrap_or(u16::MAX).min(area.height);
    let place = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    let title = format!(" {} ", cut(title, usize::from(width).saturating_sub(6)));
    let block = Block::bordered().padding(Padding::horizontal(1)).title(Line::styled(title, theme.strong));
    let inside = block.inner(place);
    frame.render_widget(Clear, place.outer(Margin { horizontal: 1, vertical: 0 }).intersection(area));
    frame.render_widget(block, place);

    let room = usize::from(inside.height).saturating_sub(1);
    if lines.len() > room {
        let first = (focus + 1).saturating_sub(room.div_ceil(2)).min(lines.len() - room);
        lines.drain(..first);
        lines.truncate(room);
    }
    frame.render_widget(Paragraph::new(lines), Rect { height: inside.height.saturating_sub(1), ..inside });
    let last = Rect { y: inside.y + inside.height.saturating_sub(1), height: inside.height.min(1), ..inside };
    frame.render_widget(keys, last);
}
