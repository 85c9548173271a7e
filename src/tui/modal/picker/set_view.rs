//! Drawing of the set list.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::Picker;
use super::set_list::SetListRow;
use super::tree::Choice;
use super::view::highlight;
use crate::domain::api_selection::set_label;
use crate::tui::text_fit::{cut, cut_middle, fit, fold, group_digits, width};
use crate::tui::theme::Theme;
use crate::tui::widget::scroll_range::{first_row, hidden_rows};

/// The visible rows.
struct SetWindow {
    first: usize,
    rows: usize,
    /// The lines of the row under the cursor, if the sets have the focus.
    whole: Vec<String>,
}

impl Picker {
    fn set_window(&self, columns: usize, height: usize) -> SetWindow {
        let (rows, cursor) = (self.sets.rows(), self.sets.cursor());
        let room = height.saturating_sub(1);
        let whole = match rows.get(cursor).filter(|_| self.is_on_sets()) {
            Some(row) => fold_within(&self.set_name(*row), self.name_columns(columns), room),
            None => Vec::new(),
        };
        let room = room.saturating_sub(whole.len().saturating_sub(1));
        SetWindow { first: first_row(cursor, rows.len(), room), rows: room, whole }
    }

    fn name_columns(&self, columns: usize) -> usize {
        columns.saturating_sub(self.mark_columns())
    }

    fn mark_columns(&self) -> usize {
        if self.shows_ticks() { 6 } else { 4 }
    }

    /// Returns the row at `line` of the list.
    pub(super) fn set_at(&self, line: usize, columns: usize, height: usize) -> Option<usize> {
        let SetWindow { first, whole, .. } = self.set_window(columns, height);
        // The first line is the heading.
        let line = line.checked_sub(1)?;
        let above = self.sets.cursor().saturating_sub(first);
        let row = first + line.min(above) + line.saturating_sub(above + whole.len().max(1) - 1);
        (row < self.sets.rows().len()).then_some(row)
    }

    /// Returns the lines of the list. Names are cut, but the name under the cursor is shown whole on several lines.
    pub(super) fn set_lines(&self, columns: usize, height: usize, theme: &Theme) -> Vec<Line<'static>> {
        let focused = self.is_on_sets();
        let (rows, cursor) = (self.sets.rows(), self.sets.cursor());
        let mut lines = Vec::with_capacity(height);
        if rows.is_empty() {
            let text = if self.sets.search.is_empty() { "none" } else { "none found" };
            lines.push(self.set_heading(None, columns, focused, theme));
            lines.push(Line::styled(fit(&format!("  {text}"), columns), theme.dim));
            return lines;
        }
        let (mark_columns, name_columns) = (self.mark_columns(), self.name_columns(columns));
        let SetWindow { first, rows: room, whole } = self.set_window(columns, height);
        let hidden = hidden_rows(first, rows.len().saturating_sub(first + room), "set");
        lines.push(self.set_heading(hidden, columns, focused, theme));
        for (at, row) in rows.iter().enumerate().skip(first).take(room) {
            let (mark, chosen) = self.set_mark(*row);
            let is_current = focused && at == cursor;
            let style = match (is_current, chosen) {
                (true, _) => theme.selected,
                (false, true) => theme.accent,
                (false, false) => Style::new(),
            };
            let texts = if is_current { whole.clone() } else { vec![cut_middle(&self.set_name(*row), name_columns)] };
            for (part, text) in texts.iter().enumerate() {
                let cursor_mark = if is_current && part == 0 { "▶ " } else { "  " };
                let mark = if part == 0 { mark } else { "" };
                let mut spans = vec![Span::raw(cursor_mark), Span::raw(fit(mark, mark_columns - 2))];
                let matched = if is_current { theme.of_selected_row().matched } else { theme.matched };
                spans.extend(highlight(text, self.sets.words(), Style::new(), matched));
                spans.push(Span::raw(" ".repeat(name_columns.saturating_sub(width(text)))));
                lines.push(Line::from(spans).style(style));
            }
        }
        lines
    }

    fn set_heading(&self, hidden: Option<String>, columns: usize, focused: bool, theme: &Theme) -> Line<'static> {
        let (shown, all) = (self.sets.rows().len(), self.sets.count_all());
        let count = if self.sets.words().is_empty() {
            String::new()
        } else {
            format!("  {} of {}", group_digits(shown as u64), group_digits(all as u64))
        };
        let hidden = hidden.map_or_else(String::new, |hidden| format!("  {hidden}"));
        Line::styled(fit(&format!("API sets{count}{hidden}"), columns), if focused { theme.accent } else { theme.dim })
    }

    /// Returns the name of a row as shown.
    fn set_name(&self, row: SetListRow) -> String {
        match row {
            SetListRow::Set(at) => {
                self.tree.index().sets.get(at).map_or_else(String::new, |set| set_label(&set.name).into_owned())
            }
            SetListRow::Inherit | SetListRow::NoAccess => row.built_in_label().unwrap_or_default().to_owned(),
        }
    }

    /// Returns the mark before a name, and `true` if the row is chosen. In the Catalogue screen, the set that is shown
    /// has a mark.
    fn set_mark(&self, row: SetListRow) -> (&'static str, bool) {
        let chosen = match row {
            SetListRow::Set(at) => {
                let name = self.tree.index().sets.get(at).map(|set| &set.name);
                matches!((self.tree.choice(), name), (Choice::Sets(sets), Some(name)) if sets.contains(name))
            }
            SetListRow::Inherit => *self.tree.choice() == Choice::Inherit,
            SetListRow::NoAccess => *self.tree.choice() == Choice::Custom && self.tree.total().0 == 0,
        };
        let mark = match (row, chosen, self.shows_ticks()) {
            (_, true, false) => "• ",
            (_, false, false) => "",
            (SetListRow::Set(_), true, true) => "[x] ",
            (SetListRow::Set(_), false, true) => "[ ] ",
            (SetListRow::Inherit | SetListRow::NoAccess, true, true) => "(•) ",
            (SetListRow::Inherit | SetListRow::NoAccess, false, true) => "( ) ",
        };
        (mark, chosen)
    }
}

/// Breaks `text` into at most `rows` lines. Only on a screen that is too small, the text is cut.
fn fold_within(text: &str, columns: usize, rows: usize) -> Vec<String> {
    let mut lines = fold(text, columns);
    let rows = rows.max(1);
    if lines.len() > rows {
        let rest = lines.split_off(rows - 1).concat();
        lines.push(cut(&rest, columns));
    }
    lines
}
