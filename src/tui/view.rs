//! Drawing of the model. Read-only.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use crate::tui::component::Component;
use crate::tui::model::{Model, SPINNER_AFTER};
use crate::tui::widget::key_hints::key_hints;
use crate::tui::widget::text_fit::{cut, width, wrap};

/// Minimum size of the terminal, in columns and rows.
const MIN_SIZE: (u16, u16) = (40, 10);
/// Minimum number of columns for readable text.
const MIN_WRAP_COLUMNS: usize = 12;
const SPINNER_FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/// Draws everything.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < MIN_SIZE.0 || area.height < MIN_SIZE.1 {
        let text = format!("{}x{} is too small: jeton needs {}x{}", area.width, area.height, MIN_SIZE.0, MIN_SIZE.1);
        let columns = usize::from(area.width);
        let lines = if columns < MIN_WRAP_COLUMNS { vec![cut(&text, columns)] } else { wrap(&text, columns) };
        frame.render_widget(Paragraph::new(lines.into_iter().map(Line::raw).collect::<Vec<_>>()), area);
        return;
    }
    let foot = Rect { y: area.y + area.height - 1, height: 1, ..area };
    let above = Rect { height: area.height - 1, ..area };
    if let Some(lock) = &model.lock {
        frame.render_widget(Clear, area);
        lock.view(frame, above, model);
    } else {
        if let Some(page) = model.screen.component() {
            page.view(frame, above, model);
        }
        for dialog in model.modals.iter() {
            dialog.view(frame, above, model);
        }
    }
    footer(model, frame, foot);
}

fn footer(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let busy = busy(model);
    let columns = usize::from(area.width).saturating_sub(1);
    let room = columns.saturating_sub(if busy.is_empty() { 0 } else { width(&busy) + 1 });
    // A dialog shows its own keys.
    let page = model.screen.component().filter(|_| model.active_screen().is_some());
    let mut line = page.map_or_else(Line::default, |page| key_hints(page, model, room));
    line.spans.insert(0, Span::raw(" "));
    if !busy.is_empty() {
        let gap = columns.saturating_sub(line.width() + width(&busy)) + 1;
        line.push_span(Span::raw(" ".repeat(gap)));
        line.push_span(Span::styled(busy, model.theme.accent));
    }
    frame.render_widget(Paragraph::new(line), area);
}

/// Describes pending work: a slow request, work in batches, or both.
fn busy(model: &Model) -> String {
    let turn = usize::try_from(model.now.0.div_euclid(SPINNER_AFTER)).unwrap_or(0);
    let spinner = if model.is_busy() { SPINNER_FRAMES[turn % SPINNER_FRAMES.len()] } else { "" };
    // The frame of the screen shows the progress of work in batches. A dialog may cover that, so the progress is shown
    // here then, but never before sign-in.
    match model.long_work().filter(|_| model.lock.is_none() && model.active_screen().is_none()) {
        // The spinner's place is always reserved, so that nothing moves.
        Some(work) => format!("{spinner:1} {} ", work.describe()),
        None if spinner.is_empty() => String::new(),
        None => format!("{spinner} working "),
    }
}
