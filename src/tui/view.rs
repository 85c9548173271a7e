//! Drawing of the whole state. Read-only.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use crate::tui::app::{App, Screen};
use crate::tui::ascii;
use crate::tui::component::{ClickTarget, Component};
use crate::tui::keymap::Action;
use crate::tui::layer::Layer;
use crate::tui::model::{MIN_SIZE, Model, SPINNER_AFTER, has_room};
use crate::tui::screen::list::layout::demo_hint;
use crate::tui::screen::tabs;
use crate::tui::text_fit::{cut, fold, width};
use crate::tui::widget::key_hints::{hint_at, key_hints};
use crate::tui::widget::lines::draw_lines;

/// Minimum number of columns for readable text.
const MIN_WRAP_COLUMNS: usize = 12;
const SPINNER_FRAMES: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

pub fn view(app: &App, frame: &mut Frame<'_>) {
    let area = frame.area();
    if !has_room((area.width, area.height)) {
        let text = format!("terminal {}x{}, at least {}x{} needed", area.width, area.height, MIN_SIZE.0, MIN_SIZE.1);
        let columns = usize::from(area.width);
        let lines = if columns < MIN_WRAP_COLUMNS { vec![cut(&text, columns)] } else { fold(&text, columns) };
        draw_lines(frame, &lines.into_iter().map(Line::raw).collect::<Vec<_>>(), area);
        return;
    }
    let foot = Rect { y: area.y + area.height - 1, height: 1, ..area };
    let above = Rect { height: area.height - 1, ..area };
    if let Some(lock) = &app.lock {
        frame.render_widget(Clear, area);
        lock.view(frame, above, &app.model);
    } else {
        let tabs = Rect { height: 1, ..above };
        let below_tabs = Rect { y: above.y + 1, height: above.height - 1, ..above };
        match &app.screen {
            Screen::Loading => {}
            Screen::Entry(page) => page.view(frame, above, &app.model),
            Screen::Workspace(workspace) => {
                tabs::draw(frame, tabs, workspace.current(), &app.model);
                if let Some(page) = workspace.component() {
                    page.view(frame, below_tabs, &app.model);
                }
            }
        }
        for dialog in app.modals.iter() {
            frame.buffer_mut().set_style(above, app.model.theme.backdrop);
            if let Screen::Workspace(workspace) = &app.screen {
                tabs::draw_server(frame, tabs, workspace.current(), &app.model);
            }
            dialog.view(frame, above, &app.model);
        }
    }
    footer(app, frame, foot);
    if app.model.appearance.is_ascii {
        ascii::replace_others(frame.buffer_mut());
    }
}

fn footer(app: &App, frame: &mut Frame<'_>, area: Rect) {
    let busy = busy(app);
    let keys = footer_keys(area, &busy);
    // A dialog shows its own keys.
    let page = app.screen.component().filter(|_| app.model.active_screen().is_some());
    if let Some(page) = page {
        frame.render_widget(key_hints(page, &app.model, keys.width.into()), keys);
    } else if let Layer::Modal(_) = app.model.top {
        frame.render_widget(below_dialog(&app.model, keys.width.into()), keys);
    }
    let columns = u16::try_from(width(&busy)).unwrap_or(area.width).min(area.width);
    let right = Rect { x: area.right() - columns, width: columns, ..area };
    frame.render_widget(Span::styled(busy, app.model.theme.accent), right);
}

/// Returns the line below a dialog, which may cover the other places of these texts: a notice, or else the password of
/// a demo.
fn below_dialog(model: &Model, columns: usize) -> Line<'static> {
    match model.notice.as_ref().filter(|notice| notice.is_below_dialogs()) {
        Some(notice) => {
            let (glyph, style) = notice.glyph(&model.theme);
            let text = cut(&notice.full_text(), columns.saturating_sub(2));
            Line::from(vec![Span::styled(glyph, style), Span::raw(format!(" {text}"))])
        }
        None => Line::styled(cut(&demo_hint(model, columns), columns), model.theme.warning),
    }
}

/// Returns the part of the footer for keys, before the text about pending work.
fn footer_keys(footer: Rect, busy: &str) -> Rect {
    let reserved = if busy.is_empty() { 0 } else { u16::try_from(width(busy) + 1).unwrap_or(u16::MAX) };
    Rect { x: footer.x + 1, width: footer.width.saturating_sub(1).saturating_sub(reserved), ..footer }
}

/// Returns the part of the top page, or of the frame around a screen, at a position of the terminal.
pub fn click_target(app: &App, at: Position) -> Option<ClickTarget> {
    let (page, model) = (app.page(app.top_layer())?, &app.model);
    let (columns, rows) = model.size;
    if let Some(screen) = model.active_screen() {
        let footer = Rect::new(0, rows.saturating_sub(1), columns, 1);
        let tab = tabs::tab_at(at, screen, model).map(Action::ShowScreen);
        if let Some(action) = tab.or_else(|| hint_at(page, at, footer_keys(footer, &busy(app)), model)) {
            return Some(ClickTarget::Key(action));
        }
    }
    page.click_target(at, model)
}

/// Describes pending work: a slow request, work in batches, or both.
fn busy(app: &App) -> String {
    let turn = usize::try_from(app.model.now.0.div_euclid(SPINNER_AFTER)).unwrap_or(0);
    let spinner = match (app.model.is_busy(), app.model.appearance.has_motion) {
        (false, _) => "",
        (true, false) => "…",
        (true, true) => SPINNER_FRAMES[turn % SPINNER_FRAMES.len()],
    };
    // The frame of the screen shows the progress of work in batches. A dialog may cover that, so the progress is shown
    // here then, but never before sign-in.
    match app.model.long_work().filter(|_| app.lock.is_none() && app.model.active_screen().is_none()) {
        // The spinner's place is always reserved, so that nothing moves.
        Some(work) => format!("{spinner:1} {} ", work.describe()),
        None if spinner.is_empty() => String::new(),
        None => format!("{spinner} working "),
    }
}
