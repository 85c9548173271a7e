//! Tables for people.

use unicode_width::UnicodeWidthStr;

use super::words::words_of;
use crate::domain::untrusted_text::escape_untrusted;

/// Rows in aligned columns, printed a page at a time. Columns only grow, so pages line up as far as possible.
pub struct Table {
    rows: Vec<Vec<String>>,
    widths: Vec<usize>,
}

impl Table {
    /// Creates a table with a header row.
    pub fn new(head: &[&str]) -> Self {
        let mut table = Table { rows: Vec::new(), widths: vec![0; head.len()] };
        table.row(head.iter().map(|h| (*h).to_owned()));
        table
    }

    /// Creates a table of names and values, without a header.
    pub fn pairs() -> Self {
        Self::with_columns(2)
    }

    /// Creates a table with this number of columns, without a header.
    pub fn with_columns(columns: usize) -> Self {
        Table { rows: Vec::new(), widths: vec![0; columns] }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().map(|c| escape_untrusted(&c).into_owned()).collect();
        for (width, cell) in self.widths.iter_mut().zip(&cells) {
            *width = (*width).max(cell.width());
        }
        self.rows.push(cells);
    }

    pub fn pair(&mut self, name: &str, value: impl Into<String>) {
        self.row([name.to_owned(), value.into()]);
    }

    /// Adds a row per value, with the name in front of the first.
    pub fn values(&mut self, name: &str, values: impl IntoIterator<Item = impl Into<String>>) {
        for (at, value) in values.into_iter().enumerate() {
            self.pair(if at == 0 { name } else { "" }, value);
        }
    }

    /// Returns the rows so far as text. Forgets the rows and keeps the column widths.
    pub(super) fn drain_text(&mut self) -> String {
        let mut text = String::new();
        for row in self.rows.drain(..) {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&self.widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + 2));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// Returns the rows of names and values so far as lines that can be heard one by one. Forgets the rows.
    pub(super) fn drain_sentences(&mut self) -> String {
        let line = |row: Vec<String>| {
            let values: Vec<String> = row.iter().skip(1).map(|cell| words_of(cell)).collect();
            let name = row.first().filter(|name| !name.is_empty()).map_or_else(String::new, |name| format!("{name}: "));
            format!("{name}{}\n", values.join(", "))
        };
        self.rows.drain(..).map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::untrusted_text::is_control_or_bidi;

    #[test]
    fn columns_line_up_by_width_and_nothing_drives_a_terminal() {
        let mut table = Table::new(&["NAME", "API"]);
        table.row(["漢字".to_owned(), "x".to_owned()]);
        table.row(["a\u{1b}[2J\nb".to_owned(), "y".to_owned()]);
        let text = table.drain_text();
        let starts: Vec<usize> = text.lines().map(|l| l[..l.rfind(['A', 'x', 'y']).unwrap()].width()).collect();
        assert_eq!(text.lines().count(), 3);
        assert!(starts.iter().all(|s| *s == starts[0]), "{text}");
        assert!(!text.replace('\n', "").chars().any(is_control_or_bidi), "{text}");
    }
}
