//! The list of keys, out of the key table.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::tui::keymap::{self, Action, Context};
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome, Page};
use crate::tui::widget::foot::keys;
use crate::tui::widget::frame::{dialog, dialog_columns};
use crate::tui::widget::line::{cut, fit};

/// The dialog.
#[derive(Debug, Default)]
pub struct Help {
    top: usize,
}

impl Help {
    /// The list from its beginning.
    pub fn new() -> Self {
        Self::default()
    }

    fn rows() -> Vec<(String, &'static str)> {
        let mut rows = Vec::new();
        for context in Context::ALL {
            if !rows.is_empty() {
                rows.push((String::new(), ""));
            }
            rows.push((String::new(), context.title()));
            rows.extend(keymap::rows(context));
        }
        rows
    }
}

impl Page for Help {
    fn context(&self) -> Context {
        Context::Help
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let theme = &model.theme;
        let rows = Self::rows();
        let columns = dialog_columns(area);
        let height = usize::from(area.height).saturating_sub(4).min(rows.len());
        let top = self.top.min(rows.len().saturating_sub(height));
        let mut lines: Vec<Line<'static>> = rows
            .iter()
            .skip(top)
            .take(height)
            .map(|(pressed, text)| {
                if pressed.is_empty() {
                    return Line::styled(cut(text, columns), theme.strong);
                }
                Line::from(vec![
                    Span::styled(fit(pressed, 15), theme.accent),
                    Span::raw(cut(text, columns.saturating_sub(15))),
                ])
            })
            .collect();
        lines.resize(height + 1, Line::default());
        let end = (top + height).min(rows.len());
        let mut foot = keys(self.context(), model, columns);
        foot.push_span(Span::styled(format!("   {}-{end} of {}", top + 1, rows.len()), theme.dim));
        dialog(frame, area, "Keys", lines, 0, foot, theme);
    }

    fn act(&mut self, action: Action, facts: &Facts<'_>) -> Outcome {
        let last = Self::rows().len().saturating_sub(facts.rows.max(1));
        let page = facts.rows.max(1);
        match action {
            Action::Down => self.top = (self.top + 1).min(last),
            Action::Up => self.top = self.top.saturating_sub(1),
            Action::PageDown => self.top = (self.top + page).min(last),
            Action::PageUp => self.top = self.top.saturating_sub(page),
            Action::Cancel => return Outcome::Close,
            _ => {}
        }
        Outcome::Stay
    }
}
