//! Lines of text on the screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Draws `lines` from the top of `area`, each cut at its right edge. Unlike a `Paragraph`, which could wrap them, this takes
/// no time for the search of line breaks.
pub fn draw_lines(frame: &mut Frame<'_>, lines: &[Line<'_>], area: Rect) {
    for (line, row) in lines.iter().zip(area.intersection(frame.area()).rows()) {
        frame.buffer_mut().set_line(row.x, row.y, line, row.width);
    }
}
