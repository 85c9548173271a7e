//! The saved filters of a screen, and the name for a new one.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tui::component::{Component, DialogResult, Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::text_fit::{cut, fit};
use crate::tui::view_state::{MAX_FILTERS, MAX_NAME, SavedFilter, ViewChange};
use crate::tui::widget::dialog_frame::{dialog_columns, draw_dialog};
use crate::tui::widget::key_hints::key_hints;
use crate::tui::widget::list_cursor::Cursor;
use crate::tui::widget::text_input::TextInput;

const NAME_COLUMNS: usize = 24;

/// The list of the saved filters of a screen.
pub struct FiltersDialog {
    screen: &'static str,
    cursor: Cursor,
}

impl FiltersDialog {
    pub fn new(screen: &'static str) -> Self {
        FiltersDialog { screen, cursor: Cursor::default() }
    }

    fn current<'a>(&self, model: &'a Model) -> Option<&'a SavedFilter> {
        model.view_state.filters.iter().filter(|filter| filter.screen == self.screen).nth(self.cursor.position())
    }
}

impl Component for FiltersDialog {
    fn id(&self) -> &'static str {
        "filters"
    }

    fn context(&self) -> Context {
        Context::Filters
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let (theme, columns) = (&model.theme, dialog_columns(area));
        let row = |(at, filter): (usize, &SavedFilter)| {
            let is_current = at == self.cursor.position();
            let cursor = if is_current { "▶ " } else { "  " };
            let spans = vec![
                Span::raw(cursor),
                Span::raw(fit(&filter.name, NAME_COLUMNS)),
                Span::raw(fit(&filter.text, columns.saturating_sub(NAME_COLUMNS + 2))),
            ];
            Line::from(spans).style(if is_current { theme.selected } else { Style::new() })
        };
        let mut lines: Vec<_> = model.view_state.filters_of(self.screen).enumerate().map(row).collect();
        if lines.is_empty() {
            let begin = model.keymap.key(Context::Tokens, Action::Filter);
            let save = model.keymap.key(Context::Filter, Action::SaveFilter);
            let text = format!("No saved filters yet.  {begin} begins a filter, and {save} saves the filter.");
            lines.push(Line::raw(cut(&text, columns)));
        }
        lines.push(Line::default());
        draw_dialog(
            frame,
            area,
            "Saved filters",
            lines,
            self.cursor.position(),
            key_hints(self, model, columns),
            theme,
        );
    }

    fn is_enabled(&self, action: Action, model: &Model) -> bool {
        !matches!(action, Action::Accept | Action::Discard) || self.current(model).is_some()
    }

    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        match (action, self.current(ctx.model)) {
            (Action::Cancel, _) => Intent::Close(None),
            (Action::Accept, Some(filter)) => Intent::Close(Some(DialogResult::Filter(filter.text.clone()))),
            (Action::Discard, Some(filter)) => {
                let filter = ViewChange::RemoveFilter(filter.clone());
                let left = ctx.model.view_state.filters_of(self.screen).count() - 1;
                self.cursor.place_at(self.cursor.position(), 0, left, MAX_FILTERS);
                Intent::Remember(filter)
            }
            _ => {
                let count = ctx.model.view_state.filters_of(self.screen).count();
                self.cursor.move_by(action, count, MAX_FILTERS);
                Intent::Stay
            }
        }
    }
}

/// The name under which a filter is saved.
pub struct SaveFilterDialog {
    screen: &'static str,
    text: String,
    name: TextInput,
}

impl SaveFilterDialog {
    pub fn new(screen: &'static str, text: &str) -> Self {
        SaveFilterDialog { screen, text: text.trim().to_owned(), name: TextInput::new(MAX_NAME) }
    }
}

impl Component for SaveFilterDialog {
    fn id(&self) -> &'static str {
        "save-filter"
    }

    fn context(&self) -> Context {
        Context::SaveFilter
    }

    fn focused_input(&mut self) -> Option<&mut TextInput> {
        Some(&mut self.name)
    }

    fn is_enabled(&self, action: Action, _model: &Model) -> bool {
        action != Action::Accept || !self.name.text().trim().is_empty()
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let (theme, columns) = (&model.theme, dialog_columns(area));
        let mut field = vec![Span::raw("Name    ")];
        field.extend(self.name.spans(columns.saturating_sub(8).min(MAX_NAME), true, theme));
        let name = self.name.text().trim();
        let exists = model.view_state.filters_of(self.screen).any(|filter| filter.name == name);
        let lines = vec![
            Line::raw(cut(&format!("Filter  {}", self.text), columns)),
            Line::from(field),
            Line::styled(if exists { "The filter with this name will be replaced." } else { "" }, theme.warning),
        ];
        draw_dialog(frame, area, "Save filter", lines, 0, key_hints(self, model, columns), theme);
    }

    fn on_action(&mut self, action: Action, _ctx: &UpdateContext<'_>) -> Intent {
        match action {
            Action::Cancel => Intent::Close(None),
            Action::Accept => {
                let name = self.name.text().trim().to_owned();
                let filter = SavedFilter { screen: self.screen.to_owned(), name, text: self.text.clone() };
                Intent::All(vec![Intent::Close(None), Intent::Remember(ViewChange::SaveFilter(filter))])
            }
            _ => Intent::Stay,
        }
    }
}
