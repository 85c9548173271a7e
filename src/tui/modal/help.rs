//! The list of keys from the key table, narrowed by typing. The keys of the current context come first.

use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tui::component::{Intent, UpdateContext};
use crate::tui::keymap::{self, Action, Context};
use crate::tui::model::Model;
use crate::tui::text_fit::{fit, fold, highlighted};
use crate::tui::theme::Theme;
use crate::tui::widget::scroll_view::{Content, ScrollView};
use crate::tui::widget::text_input::TextInput;

pub struct KeyList {
    /// The context from which the help was opened.
    from: Context,
    /// The search field.
    filter: TextInput,
}

const KEY_COLUMNS: usize = 15;

impl KeyList {
    /// Opens the list, beginning with the keys of `from`.
    pub fn new(from: Context) -> ScrollView<Self> {
        ScrollView::new(KeyList { from, filter: TextInput::new(60) })
    }

    /// Returns the context from which the help was opened, then all others.
    fn contexts(&self) -> impl Iterator<Item = Context> {
        let from = self.from;
        std::iter::once(from).chain(Context::ALL.into_iter().filter(move |context| *context != from))
    }

    fn search_words(&self) -> Vec<String> {
        self.filter.text().to_lowercase().split_whitespace().map(str::to_owned).collect()
    }
}

impl Content for KeyList {
    const CONTEXT: Context = Context::Help;
    const FREE_ROWS: u16 = 0;
    const HAS_HEADING: bool = true;

    fn id(&self) -> &'static str {
        "help"
    }

    fn title(&self) -> String {
        "Keys".to_owned()
    }

    fn heading(&self, columns: usize, model: &Model) -> Line<'static> {
        let mut field = vec![Span::styled("/ ", model.theme.accent)];
        field.extend(self.filter.spans(columns.saturating_sub(2).min(30), true, &model.theme));
        if self.filter.is_empty() {
            field.push(Span::styled("  type to filter", model.theme.dim));
        }
        Line::from(field)
    }

    /// Returns the keys that match every word. A word may match the key, its description or its context.
    fn lines(&self, columns: usize, model: &Model) -> Vec<Line<'static>> {
        let words = self.search_words();
        let mut lines = Vec::new();
        for context in self.contexts() {
            let title = context.title().to_lowercase();
            let matches: Vec<Line<'static>> = keymap::rows(context)
                .filter(|(keys, help)| {
                    let (keys, help) = (keys.to_lowercase(), help.to_lowercase());
                    words.iter().all(|word| {
                        keys.split(' ').any(|key| key == word) || help.contains(word) || title.contains(word)
                    })
                })
                .flat_map(|(keys, help)| binding_lines(&keys, help, columns, &words, &model.theme))
                .collect();
            if matches.is_empty() {
                continue;
            }
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.push(Line::styled(fit(context.title(), columns), model.theme.strong));
            lines.extend(matches);
        }
        if lines.is_empty() {
            lines.push(Line::raw("No key matches.  Esc clears the filter."));
        }
        lines
    }

    fn position(&self, shown: Range<usize>, all: usize) -> Option<String> {
        (all > 1).then(|| format!("{}-{} of {all}", shown.start + 1, shown.end))
    }

    fn text_input(&mut self) -> Option<&mut TextInput> {
        Some(&mut self.filter)
    }

    fn on_edit(&mut self) -> Intent {
        // While the field is empty, the filter and help keys work here as users expect.
        match self.filter.text() {
            "/" => self.filter.clear(),
            "?" => return Intent::Close(None),
            _ => {}
        }
        Intent::Stay
    }

    fn label(&self, action: Action) -> Option<&'static str> {
        (action == Action::Cancel).then_some(if self.filter.is_empty() { "Close" } else { "Clear" })
    }

    fn on_action(&mut self, action: Action, _ctx: &UpdateContext<'_>) -> Option<Intent> {
        (action == Action::Cancel && !self.filter.is_empty()).then(|| {
            self.filter.clear();
            Intent::Stay
        })
    }
}

/// Returns the lines of a binding, with the matched `words` highlighted.
fn binding_lines(keys: &str, help: &str, columns: usize, words: &[String], theme: &Theme) -> Vec<Line<'static>> {
    let line = |(at, text): (usize, String)| {
        let mut spans = vec![Span::styled(fit(if at == 0 { keys } else { "" }, KEY_COLUMNS), theme.accent)];
        spans.extend(highlighted(&text, words, Style::new(), theme.matched));
        Line::from(spans)
    };
    fold(help, columns.saturating_sub(KEY_COLUMNS)).into_iter().enumerate().map(line).collect()
}
