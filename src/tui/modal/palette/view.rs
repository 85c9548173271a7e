//! Drawing of the palette.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::entries::{Entry, Target};
use super::{Palette, Row, RowKind};
use crate::tui::model::Model;
use crate::tui::text_fit::{clean, cut, fit};
use crate::tui::theme::Theme;
use crate::tui::widget::dialog_frame::{FRAME_ROWS, dialog_columns, draw_dialog};
use crate::tui::widget::key_hints::key_hints;

/// Lines of the dialog that are not rows of the list: the field with a blank line, and the line about the row.
const OTHER_ROWS: usize = 3;
const NAME_COLUMNS: usize = 22;
const KEY_COLUMNS: usize = 16;

/// Returns the number of rows of the list over `area`.
pub(super) fn list_rows(area: Rect) -> usize {
    usize::from(area.height).saturating_sub(FRAME_ROWS + OTHER_ROWS).max(1)
}

impl Palette {
    /// Returns the effect of Enter in a word.
    pub(super) fn enter_word(&self) -> &'static str {
        match self.rows.get(self.cursor.position()).map(|row| &row.kind) {
            Some(RowKind::Word(..)) => "Complete",
            Some(RowKind::Entry(at)) if self.is_copied(*at) => "Copy command",
            _ => "Run",
        }
    }

    /// Returns `true` if the command at `entry`, with the typed arguments, can only be copied.
    fn is_copied(&self, entry: usize) -> bool {
        let Some(Target::Command(route)) = self.entries.get(entry).map(|entry| entry.target) else { return false };
        let Some(route) = route else { return true };
        self.typed().is_some_and(|typed| {
            let count = typed.words.iter().filter(|word| !word.is_empty()).count();
            typed.has_options || count > usize::from(route.takes_argument())
        })
    }

    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let (theme, columns) = (&model.theme, dialog_columns(area));
        let mut field = vec![Span::styled(": ", theme.accent)];
        field.extend(self.field.spans(columns.saturating_sub(2).min(60), true, theme));
        let room = list_rows(area);
        let mut lines = vec![Line::from(field), Line::default()];
        let shown = self.rows.iter().enumerate().skip(self.cursor.visible_rows(room).start).take(room);
        lines.extend(shown.map(|(at, row)| self.line(row, at == self.cursor.position(), columns, theme)));
        if self.rows.is_empty() {
            lines.push(Line::raw("Nothing matches.  Esc clears the text."));
        }
        lines.resize(2 + room, Line::default());
        lines.push(match &self.problem {
            Some(problem) => Line::styled(cut(problem, columns), theme.danger),
            None => Line::styled(cut(&self.about(), columns), theme.dim),
        });
        draw_dialog(frame, area, "Commands", lines, 0, key_hints(self, model, columns), theme);
    }

    /// Returns a line about the row under the cursor: the whole command, or the whole help.
    fn about(&self) -> String {
        match self.rows.get(self.cursor.position()).map(|row| &row.kind) {
            Some(RowKind::Entry(at)) => self.entries.get(*at).map_or_else(String::new, |entry| match entry.target {
                Target::Action(_) => entry.help.clone(),
                Target::Command(_) => {
                    let end = if self.is_copied(*at) { "   only in a shell: Enter copies the command" } else { "" };
                    format!("jeton {} {}", entry.name, entry.keys).trim_end().to_owned() + end
                }
            }),
            Some(RowKind::Word(_, help)) => help.clone(),
            None => String::new(),
        }
    }

    fn line(&self, row: &Row, is_current: bool, columns: usize, theme: &Theme) -> Line<'static> {
        let cursor = if is_current { "▶ " } else { "  " };
        let (name, keys, help, is_dim) = match &row.kind {
            RowKind::Entry(at) => {
                let Some(Entry { name, keys, help, is_refused, .. }) = self.entries.get(*at) else {
                    return Line::default();
                };
                (name, keys.as_str(), help.as_str(), *is_refused || self.is_copied(*at))
            }
            RowKind::Word(word, help) => (word, "", help.as_str(), false),
        };
        let plain = if is_dim { theme.dim } else { Style::new() };
        let is_word = matches!(row.kind, RowKind::Word(..));
        // The name of a token may be long, and has no keys.
        let name_columns = if is_word { NAME_COLUMNS + KEY_COLUMNS } else { NAME_COLUMNS };
        let mut spans = vec![Span::raw(cursor)];
        spans.extend(highlighted(name, name_columns, &row.positions, plain, theme));
        if !is_word {
            spans.push(Span::styled(
                fit(&cut(keys, KEY_COLUMNS - 1), KEY_COLUMNS),
                if is_dim { theme.dim } else { theme.accent },
            ));
        }
        let room = columns.saturating_sub(2 + NAME_COLUMNS + KEY_COLUMNS);
        spans.push(Span::styled(fit(help, room), if is_current { plain } else { theme.dim }));
        Line::from(spans).style(if is_current { theme.selected } else { Style::new() })
    }
}

/// Returns `text` in exactly `columns`, with the characters at `positions` highlighted.
fn highlighted(text: &str, columns: usize, positions: &[usize], plain: Style, theme: &Theme) -> Vec<Span<'static>> {
    let shown = fit(text, columns);
    // Escaped text has other positions.
    let positions = if clean(text) == text { positions } else { &[] };
    let mut spans: Vec<Span<'static>> = Vec::new();
    for (at, c) in shown.chars().enumerate() {
        let style = if positions.binary_search(&at).is_ok() { plain.patch(theme.matched) } else { plain };
        match spans.last_mut() {
            Some(span) if span.style == style => span.content.to_mut().push(c),
            _ => spans.push(Span::styled(c.to_string(), style)),
        }
    }
    spans
}
