//! The box around a dialog.

use ratatui::Frame;
use ratatui::layout::{Margin, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Clear, Padding};

use super::line::cut;
use crate::tui::theme::Theme;

/// The widest a dialog gets, in columns.
const WIDEST: u16 = 78;

/// Draws an empty box for `lines` lines in the middle of `area` and returns the room inside it.
pub fn dialog(frame: &mut Frame<'_>, area: Rect, title: &str, lines: usize, theme: &Theme) -> Rect {
    let width = area.width.saturating_sub(2).min(WIDEST);
    let height = u16::try_from(lines + 2).unwrap_or(u16::MAX).min(area.height);
    let place = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    let title = format!(" {} ", cut(title, usize::from(width).saturating_sub(6)));
    let block = Block::bordered()
        .border_type(BorderType::Plain)
        .padding(Padding::horizontal(1))
        .title(Line::styled(title, theme.strong));
    let inside = block.inner(place);
    frame.render_widget(Clear, place.outer(Margin { horizontal: 1, vertical: 0 }).intersection(area));
    frame.render_widget(block, place);
    inside
}
