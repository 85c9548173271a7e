//! The columns of a table: each list declares its own, and how they fit narrow and wide screens.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::domain::query::sort::{Sort, SortColumn};
use crate::domain::time::{Timestamp, ago};
use crate::tui::model::Model;
use crate::tui::text_fit::{cut_middle, fit, highlighted, width};
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
/// Blanks between cells, if all content fits, and otherwise.
const WIDE_GAP: usize = 2;
const NARROW_GAP: usize = 1;

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
    /// Columns available for the table.
    room: usize,
    /// Blanks between cells.
    gap: usize,
}

pub struct Cell {
    text: String,
    style: Style,
    /// The parts to highlight.
    words: Vec<String>,
    /// `true` if the text loses its middle in a narrow column, not its end.
    keeps_end: bool,
}

impl Cell {
    pub fn new(text: impl Into<String>, style: Style) -> Self {
        Cell { text: text.into(), style, words: Vec::new(), keeps_end: false }
    }

    /// Creates a cell in which the words of the filter, and the text of the filter's `field`, are highlighted.
    pub fn matching(text: impl Into<String>, style: Style, words: &[String], field: Option<&String>) -> Self {
        Cell { words: words.iter().chain(field).cloned().collect(), ..Cell::new(text, style) }
    }

    /// Lets a narrow column cut the middle of the text, because such texts often differ at the end.
    pub fn keeping_end(self) -> Self {
        Cell { keeps_end: true, ..self }
    }
}

/// Widths of the widest cells of rows, by column.
#[derive(Clone, Default)]
pub struct CellWidths {
    widths: Vec<usize>,
    /// The table and its width for which the cells were made.
    table: Option<(&'static TableSpec, usize)>,
}

impl CellWidths {
    /// Prepares for more rows of a table. If it is the same table as before, the columns don't get narrower, so that they
    /// don't move whenever other rows are loaded.
    pub fn begin(&mut self, columns: &TableColumns) {
        let is_same =
            self.table.is_some_and(|(spec, room)| spec.columns == columns.spec.columns && room == columns.room);
        if !is_same {
            *self = CellWidths { widths: Vec::new(), table: Some((columns.spec, columns.room)) };
        }
    }

    pub fn add(&mut self, cells: &[Cell]) {
        self.widths.resize(self.widths.len().max(cells.len()), 0);
        self.widths.iter_mut().zip(cells).for_each(|(widest, cell)| *widest = width(&cell.text).max(*widest));
    }
}

impl TableColumns {
    pub fn new(spec: &'static TableSpec, columns: usize) -> Self {
        Self::without(spec, columns, &[])
    }

    /// Returns the columns except those with a `hidden` heading. The first one is always shown.
    pub fn without(spec: &'static TableSpec, columns: usize, hidden: &[String]) -> Self {
        let is_hidden = |at: usize, heading: &str| at > 0 && hidden.iter().any(|hidden| hidden == heading);
        let first_width =
            |(at, (heading, width)): (usize, &(&str, usize))| if is_hidden(at, heading) { 0 } else { *width };
        let widths: Vec<usize> = spec.columns.iter().enumerate().map(first_width).collect();
        let mut c = TableColumns { spec, widths, room: columns, gap: NARROW_GAP };
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

    /// Gives each column the width of its content, but at least that of its title. If that is too much, the column with the
    /// spare room is cut, after those that are wider than at first.
    pub fn fit_content(&mut self, cells: &CellWidths) {
        if cells.widths.is_empty() {
            return;
        }
        let widest = self.spec.widest;
        let shown: Vec<usize> = (0..self.widths.len()).filter(|column| self.width(*column) > 0).collect();
        let needed = |column: usize| {
            let title = self.spec.columns.get(column).map_or(0, |(title, _)| width(title));
            let arrow = if column < self.spec.sort.len() { ARROW_COLUMNS } else { 0 };
            let content = cells.widths.get(column).copied().unwrap_or(0);
            if column == widest { content.min(self.spec.max_width) } else { content }.max(title + arrow)
        };
        let mut widths = vec![0; self.widths.len()];
        for &column in &shown {
            widths[column] = if column == widest { needed(column) } else { needed(column).min(self.width(column)) };
        }
        let total = |widths: &[usize], gap: usize| {
            self.left() + widths.iter().sum::<usize>() + gap * shown.len().saturating_sub(1)
        };
        let is_whole = shown.iter().all(|column| widths[*column] == needed(*column));
        let gap = if is_whole && total(&widths, WIDE_GAP) <= self.room { WIDE_GAP } else { NARROW_GAP };
        if self.width(widest) > 0 {
            widths[widest] -= total(&widths, gap).saturating_sub(self.room).min(widths[widest]);
        }
        let mut spare = self.room.saturating_sub(total(&widths, gap));
        for &column in &shown {
            let missing = needed(column).saturating_sub(widths[column]).min(spare);
            widths[column] += missing;
            spare -= missing;
        }
        (self.widths, self.gap) = (widths, gap);
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
        self.left() + self.widths.iter().filter(|w| **w > 0).map(|w| w + self.gap).sum::<usize>() - self.gap
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
        format!("{}{}", " ".repeat(self.left()), cells.join(&" ".repeat(self.gap)))
    }

    pub fn row(&self, cells: Vec<Cell>, is_current: bool, is_marked: bool, theme: &Theme) -> Line<'static> {
        let base = if is_current { theme.selected } else { Style::new() };
        let over = |style: Style| if is_current { theme.in_selected(style) } else { style };
        let mut spans: Vec<Span<'static>> = vec![Span::styled(if is_current { "▶" } else { " " }, base)];
        let mut push = |span: Span<'static>| match spans.last_mut() {
            Some(last) if last.style == span.style => last.content.to_mut().push_str(&span.content),
            _ => spans.push(span),
        };
        let (mut before, mut gap) = (base, 1);
        if self.spec.has_marks {
            before = over(theme.accent);
            push(Span::styled(" ", base));
            push(Span::styled(if is_marked { "✓" } else { " " }, before));
        }
        for (cell, width) in cells.into_iter().zip(&self.widths).filter(|(_, width)| **width > 0) {
            push(Span::styled(" ".repeat(gap), before));
            let text = match cell.keeps_end {
                true => fit(&cut_middle(&cell.text, *width), *width),
                false => fit(&cell.text, *width),
            };
            highlighted(&text, &cell.words, over(cell.style), theme.matched).into_iter().for_each(&mut push);
            (before, gap) = (base, self.gap);
        }
        // The mark of the row under the cursor reaches to the edge.
        push(Span::styled(" ".repeat(self.room.saturating_sub(self.total())), base));
        Line::from(spans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static SPEC: TableSpec =
        TableSpec { columns: &[("NAME", 8), ("STATUS", 10), ("SEEN", 9)], max_width: 16, ..TableSpec::EMPTY };

    fn fitted(columns: usize, rows: &[[&str; 3]]) -> (Vec<usize>, usize) {
        let mut table = TableColumns::new(&SPEC, columns);
        let mut cells = CellWidths::default();
        cells.begin(&table);
        rows.iter().for_each(|row| cells.add(&row.map(|text| Cell::new(text, Style::new()))));
        table.fit_content(&cells);
        assert!(table.total() <= columns);
        (table.widths, table.gap)
    }

    #[test]
    fn columns_are_as_wide_as_their_content() {
        let name = "deploy-bot-7";
        assert_eq!(fitted(60, &[["ci", "ok", "never"]]), (vec![4, 6, 5], 2), "titles stay");
        assert_eq!(fitted(60, &[["ci", "ok", "never"], [name, "disabled", "-"]]), (vec![12, 8, 5], 2));
        assert_eq!(fitted(60, &[[name, "disabled for now", "-"]]), (vec![12, 16, 4], 1), "the room that is left");
        assert_eq!(fitted(31, &[[name, "disabled", "never"]]), (vec![12, 8, 5], 2));
        assert_eq!(fitted(30, &[[name, "disabled", "never"]]), (vec![12, 8, 5], 1), "nothing is cut for a wider gap");
        assert_eq!(fitted(28, &[[name, "disabled", "never"]]), (vec![11, 8, 5], 1), "the name gets what is left");
        assert_eq!(fitted(31, &[[name, "disabled for now", "never"]]), (vec![12, 10, 5], 1));
        assert_eq!(fitted(60, &[["deploy-bot-of-the-night", "ok", "never"]]), (vec![16, 6, 5], 2), "the maximum");
        assert_eq!(fitted(31, &[]), (vec![8, 10, 9], 1), "no rows");
    }

    #[test]
    fn columns_get_narrower_only_in_another_table() {
        let row = |name: &str| [name, "ok", "-"].map(|text| Cell::new(text, Style::new()));
        let mut cells = CellWidths::default();
        for (columns, name, expected) in [(60, "deploy-bot-7", 12), (60, "ci", 12), (61, "ci", 2)] {
            cells.begin(&TableColumns::new(&SPEC, columns));
            cells.add(&row(name));
            assert_eq!(cells.widths[0], expected);
        }
    }
}
