//! The columns of a table: each list declares its own, and how they fit narrow and wide screens.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::domain::query::sort::{Sort, SortColumn};
use crate::domain::time::{Timestamp, ago};
use crate::tui::model::Model;
use crate::tui::text_fit::{fit, highlighted, width};
use crate::tui::theme::Theme;

/// Width of `2026-11-21 10:30`.
pub const CLOCK_COLUMNS: usize = 16;
/// Width of `12 days ago`.
pub const AGO_COLUMNS: usize = 11;

/// Columns before the first cell: the cursor, or the cursor and the mark.
const CURSOR_COLUMNS: usize = 2;
const MARK_COLUMNS: usize = 4;
/// Columns of the arrow after the title by which a table is sorted.
const ARROW_COLUMNS: usize = 2;

/// The columns of a list. Columns are referred to by their position.
pub struct TableSpec {
    /// Heading and width of each column.
    pub columns: &'static [(&'static str, usize)],
    /// New widths of columns, one step after the other until the table fits; 0 hides a column.
    pub narrower: &'static [&'static [(usize, usize)]],
    /// Columns that get a part of the spare room: column, divisor of the spare room, maximum part.
    pub shares: &'static [(usize, usize, usize)],
    /// The column that gets the rest of the spare room, unless it is hidden.
    pub widest: usize,
    /// The maximum width of that column.
    pub max_width: usize,
    /// The columns by which the list can be sorted: the first ones, in this order.
    pub sort: &'static [SortColumn],
    /// `true` if rows can be marked.
    pub has_marks: bool,
}

impl TableSpec {
    /// No columns, no order and no marks.
    pub const EMPTY: TableSpec =
        TableSpec { columns: &[], narrower: &[], shares: &[], widest: 0, max_width: 64, sort: &[], has_marks: false };
}

/// The columns of a list at one width.
pub struct TableColumns {
    spec: &'static TableSpec,
    /// Width of each column; 0 = hidden.
    widths: Vec<usize>,
}

pub struct Cell {
    text: String,
    style: Style,
    /// The parts to highlight.
    words: Vec<String>,
}

impl Cell {
    pub fn new(text: impl Into<String>, style: Style) -> Self {
        Cell { text: text.into(), style, words: Vec::new() }
    }

    /// Creates a cell in which the words of the filter, and the text of the filter's `field`, are highlighted.
    pub fn matching(text: impl Into<String>, style: Style, words: &[String], field: Option<&String>) -> Self {
        Cell { words: words.iter().chain(field).cloned().collect(), ..Cell::new(text, style) }
    }
}

/// Widths of the widest cells of rows, by column.
#[derive(Clone, Default)]
pub struct CellWidths(Vec<usize>);

impl CellWidths {
    pub fn add(&mut self, cells: &[Cell]) {
        self.0.resize(self.0.len().max(cells.len()), 0);
        self.0.iter_mut().zip(cells).for_each(|(widest, cell)| *widest = width(&cell.text).max(*widest));
    }
}

impl TableColumns {
    pub fn new(spec: &'static TableSpec, columns: usize) -> Self {
        let mut c = TableColumns { spec, widths: spec.columns.iter().map(|(_, width)| *width).collect() };
        for step in spec.narrower {
            if c.total() > columns {
                step.iter().for_each(|(column, width)| c.set(*column, *width));
            }
        }
        let spare = columns.saturating_sub(c.total());
        let mut rest = spare;
        for (column, divisor, most) in spec.shares {
            if c.width(*column) > 0 {
                let share = (spare / divisor).min(*most);
                c.set(*column, c.width(*column) + share);
                rest -= share;
            }
        }
        let widest = c.width(spec.widest);
        if widest > 0 {
            let room = columns.saturating_sub(c.total() - widest);
            c.set(spec.widest, (widest + rest).min(spec.max_width).min(room));
        }
        c
    }

    /// Widens the column that gets the spare room, if its text is cut, by the room that the other columns don't
    /// need for theirs.
    pub fn fit_content(&mut self, cells: &CellWidths) {
        let needed = |column: usize| cells.0.get(column).copied().unwrap_or(0);
        let widest = self.spec.widest;
        if self.width(widest) == 0 {
            return;
        }
        let mut missing = needed(widest).min(self.spec.max_width).saturating_sub(self.width(widest));
        for (column, (title, _)) in self.spec.columns.iter().enumerate().filter(|(column, _)| *column != widest).rev() {
            // A title has room for the arrow of the order.
            let kept = needed(column).max(width(title) + ARROW_COLUMNS);
            let spare = self.width(column).saturating_sub(kept).min(missing);
            self.set(column, self.width(column) - spare);
            self.set(widest, self.width(widest) + spare);
            missing -= spare;
        }
    }

    /// Returns the width of a column; 0 = hidden.
    pub fn width(&self, column: usize) -> usize {
        self.widths.get(column).copied().unwrap_or(0)
    }

    fn set(&mut self, column: usize, width: usize) {
        if let Some(at) = self.widths.get_mut(column) {
            *at = width;
        }
    }

    /// Returns the width of all columns and of the blanks between them.
    pub fn total(&self) -> usize {
        self.left() + self.widths.iter().filter(|w| **w > 0).map(|w| w + 1).sum::<usize>() - 1
    }

    fn left(&self) -> usize {
        if self.spec.has_marks { MARK_COLUMNS } else { CURSOR_COLUMNS }
    }

    /// Returns `time` as wide as the first column.
    pub fn time(&self, time: Timestamp, model: &Model) -> String {
        if self.width(0) == CLOCK_COLUMNS { model.dates.get().minute(time) } else { ago(time, model.now) }
    }

    /// Returns the line of headings, with an arrow at the column by which the table is sorted.
    pub fn heading(&self, sort: Option<Sort>) -> String {
        let sorted = sort.and_then(|sort| Some((self.spec.sort.iter().position(|by| *by == sort.column)?, sort)));
        let title = |column: usize, title: &str| match sorted {
            Some((by, sort)) if by == column => format!("{title} {}", sort.arrow()),
            _ => title.to_owned(),
        };
        let shown = self.spec.columns.iter().zip(&self.widths).enumerate().filter(|(_, (_, width))| **width > 0);
        let cells: Vec<String> = shown.map(|(at, ((name, _), width))| fit(&title(at, name), *width)).collect();
        format!("{}{}", " ".repeat(self.left()), cells.join(" "))
    }

    pub fn row(&self, cells: Vec<Cell>, is_current: bool, is_marked: bool, theme: &Theme) -> Line<'static> {
        let base = if is_current { theme.selected } else { Style::new() };
        // On a reversed row, colours would become backgrounds.
        let over = |style: Style| if is_current { base } else { style };
        let mut spans = vec![Span::styled(if is_current { "▶" } else { " " }, base)];
        let mut before = base;
        if self.spec.has_marks {
            before = over(theme.accent);
            spans.push(Span::styled(" ", base));
            spans.push(Span::styled(if is_marked { "✓" } else { " " }, before));
        }
        for (cell, width) in cells.into_iter().zip(&self.widths).filter(|(_, width)| **width > 0) {
            spans.push(Span::styled(" ", before));
            spans.extend(highlighted(&fit(&cell.text, *width), &cell.words, over(cell.style), theme.matched));
            before = base;
        }
        Line::from(spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: TableSpec =
        TableSpec { columns: &[("NAME", 8), ("STATUS", 10), ("SEEN", 9)], max_width: 16, ..TableSpec::EMPTY };

    fn fitted(columns: usize, row: [&str; 3]) -> Vec<usize> {
        let mut table = TableColumns::new(&SPEC, columns);
        let total = table.total();
        let mut cells = CellWidths::default();
        cells.add(&row.map(|text| Cell::new(text, Style::new())));
        table.fit_content(&cells);
        assert_eq!(table.total(), total);
        table.widths
    }

    #[test]
    fn cut_text_gets_the_room_that_other_columns_do_not_need() {
        assert_eq!(fitted(31, ["deploy", "ok", "never"]), [8, 10, 9], "nothing is cut");
        assert_eq!(fitted(31, ["deploy-bot", "ok", "never"]), [10, 10, 7], "from the last column first");
        assert_eq!(fitted(31, ["deploy-bot-7", "ok", "never"]), [12, 9, 6], "titles and their arrows stay");
        assert_eq!(fitted(31, ["deploy-bot-of-the-night", "disabled it", "long ago"]), [9, 10, 8]);
        assert_eq!(fitted(60, ["deploy-bot-of-the-night", "ok", "never"]), [16, 10, 9], "the maximum");
    }
}
