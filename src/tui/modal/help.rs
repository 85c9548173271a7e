//! The list of keys from the key table, narrowed by typing. The keys of the current context come first.

use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tui::component::{Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
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
/// Minimum width for two columns of keys: that of the dialog on a terminal of 100 columns.
const MIN_WIDTH_OF_TWO: usize = 85;
/// Width of the gap between two columns.
const GAP: usize = 3;

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

    /// Returns the keys of each context that match every word. A word may match the key, its description or its context.
    fn blocks(&self, columns: usize, model: &Model) -> Vec<Vec<Line<'static>>> {
        let (words, theme) = (self.search_words(), &model.theme);
        let block = |context: Context| {
            let title = context.title().to_lowercase();
            let matches: Vec<Line<'static>> = model
                .keymap
                .rows(context)
                .filter(|(keys, binding)| {
                    let (keys, help) = (keys.to_lowercase(), binding.help.to_lowercase());
                    words.iter().all(|word| {
                        keys.split(' ').any(|key| key == word) || help.contains(word) || title.contains(word)
                    })
                })
                .flat_map(|(keys, binding)| binding_lines(&keys, binding.help, columns, &words, theme))
                .collect();
            let heading = Line::styled(fit(context.title(), columns), theme.strong);
            (!matches.is_empty()).then(|| std::iter::once(heading).chain(matches).collect())
        };
        self.contexts().filter_map(block).collect()
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

    fn lines(&self, columns: usize, model: &Model) -> Vec<Line<'static>> {
        let lines = if columns < MIN_WIDTH_OF_TWO {
            stack(self.blocks(columns, model))
        } else {
            let half = (columns - GAP) / 2;
            // This screen is on the left and every screen on the right. Each further block goes below the shorter one.
            let (mut left, mut right) = (Vec::new(), Vec::new());
            for block in self.blocks(half, model) {
                let side = if height(&left) <= height(&right) { &mut left } else { &mut right };
                side.push(block);
            }
            side_by_side(stack(left), stack(right), half)
        };
        if lines.is_empty() { vec![Line::raw("No key matches.  Esc clears the filter.")] } else { lines }
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

/// Returns all lines, with a blank one between two blocks.
fn stack(blocks: Vec<Vec<Line<'static>>>) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for block in blocks {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.extend(block);
    }
    lines
}

fn height(blocks: &[Vec<Line<'static>>]) -> usize {
    blocks.iter().map(|block| block.len() + 1).sum()
}

/// Returns the lines of both columns. The left one has the width `columns`.
fn side_by_side(left: Vec<Line<'static>>, right: Vec<Line<'static>>, columns: usize) -> Vec<Line<'static>> {
    let rows = left.len().max(right.len());
    let (mut left, mut right) = (left.into_iter(), right.into_iter());
    let row = |_| {
        let (mut line, beside) = (left.next().unwrap_or_default(), right.next().unwrap_or_default());
        if beside.width() > 0 {
            let padding = (columns + GAP).saturating_sub(line.width());
            // A heading has a style of its own.
            let beside_style = beside.style;
            let own_style = std::mem::take(&mut line.style);
            line.spans.iter_mut().for_each(|span| span.style = own_style.patch(span.style));
            line.push_span(Span::raw(" ".repeat(padding)));
            line.extend(beside.spans.into_iter().map(|span| span.patch_style(beside_style)));
        }
        line
    };
    (0..rows).map(row).collect()
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
