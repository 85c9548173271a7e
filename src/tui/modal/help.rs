//! The list of keys from the key table, narrowed by typing. The keys of the current context come first.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tui::component::{Component, Intent, UpdateContext};
use crate::tui::keymap::{self, Action, Context};
use crate::tui::model::Model;
use crate::tui::text_fit::{fit, fold, highlighted};
use crate::tui::theme::Theme;
use crate::tui::widget::dialog_frame::{dialog_columns, draw_dialog};
use crate::tui::widget::key_hints::key_hints;
use crate::tui::widget::text_input::TextInput;

/// The dialog that lists the keys.
pub struct HelpDialog {
    /// The context from which the help was opened.
    from: Context,
    /// The search field.
    filter: TextInput,
    /// The first visible row.
    top: usize,
}

/// Minimum height of the dialog for blank lines between its parts.
const ROOMY_ROWS: u16 = 16;
/// Columns of the keys.
const KEY_COLUMNS: usize = 15;

/// A row of the list.
enum Row {
    Blank,
    Heading(&'static str),
    Binding(String, String),
    /// Continuation line of a binding's description.
    More(String),
}

impl HelpDialog {
    /// Creates the list, beginning with the keys of `from`.
    pub fn new(from: Context) -> Self {
        HelpDialog { from, filter: TextInput::new(60), top: 0 }
    }

    /// Returns the context from which the help was opened, then all others.
    fn contexts(&self) -> impl Iterator<Item = Context> {
        let from = self.from;
        std::iter::once(from).chain(Context::ALL.into_iter().filter(move |context| *context != from))
    }

    fn search_words(&self) -> Vec<String> {
        self.filter.text().to_lowercase().split_whitespace().map(str::to_owned).collect()
    }

    /// Returns the keys that match every word, in `columns` columns. A word may match the key, its description or its
    /// context.
    fn rows(&self, columns: usize) -> Vec<Row> {
        let words = self.search_words();
        let mut rows = Vec::new();
        for context in self.contexts() {
            let title = context.title().to_lowercase();
            let matches: Vec<Row> = keymap::rows(context)
                .filter(|(keys, help)| {
                    let (keys, help) = (keys.to_lowercase(), help.to_lowercase());
                    words.iter().all(|word| {
                        keys.split(' ').any(|key| key == word) || help.contains(word) || title.contains(word)
                    })
                })
                .flat_map(|(keys, help)| binding_rows(keys, help, columns))
                .collect();
            if matches.is_empty() {
                continue;
            }
            if !rows.is_empty() {
                rows.push(Row::Blank);
            }
            rows.push(Row::Heading(context.title()));
            rows.extend(matches);
        }
        rows
    }

    fn scroll(&mut self, delta: isize, ctx: &UpdateContext<'_>) -> Intent {
        let last = self.rows(dialog_columns(ctx.area())).len().saturating_sub(visible_rows(ctx.area()));
        self.top = self.top.saturating_add_signed(delta).min(last);
        Intent::Stay
    }
}

fn binding_rows(keys: String, help: &str, columns: usize) -> impl Iterator<Item = Row> {
    let mut keys = Some(keys);
    fold(help, columns.saturating_sub(KEY_COLUMNS)).into_iter().map(move |text| match keys.take() {
        Some(keys) => Row::Binding(keys, text),
        None => Row::More(text),
    })
}

/// Returns the number of blank lines between the parts: below the field and above the keys.
fn gap(area: Rect) -> usize {
    usize::from(area.height >= ROOMY_ROWS)
}

/// Returns the number of rows that fit. The box also has two borders, the field, the keys and the gaps.
fn visible_rows(area: Rect) -> usize {
    usize::from(area.height).saturating_sub(4 + 2 * gap(area))
}

impl Component for HelpDialog {
    fn id(&self) -> &'static str {
        "help"
    }

    fn context(&self) -> Context {
        Context::Help
    }

    fn focused_input(&mut self) -> Option<&mut TextInput> {
        Some(&mut self.filter)
    }

    fn on_edit(&mut self) -> Intent {
        self.top = 0;
        // While the field is empty, the filter and help keys work here as users expect.
        match self.filter.text() {
            "/" => self.filter.clear(),
            "?" => return Intent::Close(None),
            _ => {}
        }
        Intent::Stay
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let theme = &model.theme;
        let (columns, room, words) = (dialog_columns(area), visible_rows(area), self.search_words());
        let rows = self.rows(columns);
        let top = self.top.min(rows.len().saturating_sub(room));
        let mut field = vec![Span::styled("/ ", theme.accent)];
        field.extend(self.filter.spans(columns.saturating_sub(2).min(30), true, theme));
        if self.filter.is_empty() {
            field.push(Span::styled("  type to filter", theme.dim));
        }
        let mut lines = vec![Line::from(field)];
        lines.resize(1 + gap(area), Line::default());
        lines.extend(rows.iter().skip(top).take(room).map(|row| match row {
            Row::Blank => Line::default(),
            Row::Heading(title) => Line::styled(fit(title, columns), theme.strong),
            Row::Binding(keys, help) => binding(keys, help, &words, theme),
            Row::More(help) => binding("", help, &words, theme),
        }));
        if rows.is_empty() {
            lines.push(Line::raw("No key matches.  Esc clears the filter."));
        }
        lines.resize(1 + 2 * gap(area) + room, Line::default());
        let end = (top + room).min(rows.len());
        let mut foot = key_hints(self, model, columns);
        if !rows.is_empty() {
            foot.push_span(Span::styled(format!("   {}-{end} of {}", top + 1, rows.len()), theme.dim));
        }
        draw_dialog(frame, area, "Keys", lines, 0, foot, theme);
    }

    fn label(&self, action: Action, _model: &Model) -> Option<&'static str> {
        (action == Action::Cancel).then_some(if self.filter.is_empty() { "Close" } else { "Clear" })
    }

    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        let page = isize::try_from(visible_rows(ctx.area()).max(1)).unwrap_or(1);
        match action {
            Action::Down => self.scroll(1, ctx),
            Action::Up => self.scroll(-1, ctx),
            Action::PageDown => self.scroll(page, ctx),
            Action::PageUp => self.scroll(-page, ctx),
            Action::Cancel if self.filter.is_empty() => Intent::Close(None),
            Action::Cancel => {
                self.filter.clear();
                self.top = 0;
                Intent::Stay
            }
            _ => Intent::Stay,
        }
    }
}

fn binding(keys: &str, help: &str, words: &[String], theme: &Theme) -> Line<'static> {
    let mut spans = vec![Span::styled(fit(keys, KEY_COLUMNS), theme.accent)];
    spans.extend(highlighted(help, words, Style::new(), theme.matched));
    Line::from(spans)
}
