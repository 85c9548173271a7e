//! Lists, a page at a time: as a table for people, or as CSV for programs, with columns to choose.

use super::super::args::ListOptions;
use super::words::words_of;
use super::{Output, Table};
use crate::domain::suggest::did_you_mean;
use crate::domain::time::Timestamp;
use crate::domain::untrusted_text::escape_untrusted;
use crate::error::{Error, Result};

/// The columns of a list, by their headers. `LAST SEEN` is chosen as `last-seen`.
pub struct Columns {
    /// Those of a table without `--columns`.
    pub shown: &'static [&'static str],
    /// Those after them, which must be chosen.
    pub more: &'static [&'static str],
    /// `false` if the table has no header.
    pub has_header: bool,
}

impl Columns {
    fn keys(&self) -> impl Iterator<Item = String> {
        self.shown.iter().chain(self.more).map(|head| key(head))
    }

    /// Returns a row in words: the first value, and then each value after the name of its column. Empty ones are left out.
    pub fn sentence(&self, cells: &[Cell]) -> String {
        let mut named = self.keys().zip(cells).take(self.shown.len());
        let first = named.next().map_or("", |(_, cell)| cell.text.as_str()).to_owned();
        named
            .filter(|(_, cell)| !matches!(cell.text.as_str(), "" | "-"))
            .fold(first, |text, (name, cell)| format!("{text}; {}: {}", name.replace('-', " "), words_of(&cell.text)))
    }

    /// Returns the places of the columns to print.
    fn chosen(&self, words: &[String], with_more: bool) -> Result<Vec<usize>> {
        let keys: Vec<String> = self.keys().collect();
        if words.is_empty() {
            return Ok((0..if with_more { keys.len() } else { self.shown.len() }).collect());
        }
        let place = |word: &String| {
            keys.iter().position(|known| *known == key(word)).ok_or_else(|| {
                let list = format!("the columns are: {}", keys.join(", "));
                let unknown = Error::usage(format!("no column \"{word}\"")).why(list);
                did_you_mean(unknown, word, keys.iter().map(String::as_str))
            })
        };
        words.iter().map(place).collect()
    }
}

/// Returns the name by which a column is chosen: the words of its header, without a remark in brackets.
fn key(head: &str) -> String {
    let words = head.split('(').next().unwrap_or_default().trim();
    words.to_lowercase().replace([' ', '_'], "-")
}

/// A value of a list.
pub struct Cell {
    /// The value for people.
    text: String,
    /// The value for programs, if it differs.
    value: Option<String>,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell { text, value: None }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl Cell {
    pub fn new(text: impl Into<String>, value: impl Into<String>) -> Self {
        Cell { text: text.into(), value: Some(value.into()) }
    }

    /// Returns a time, which people see as `text`. Programs see nothing for none.
    pub fn time(text: impl Into<String>, at: Option<Timestamp>) -> Self {
        Cell::new(text, at.map_or_else(String::new, Timestamp::rfc3339))
    }

    /// Returns a time that people see only if they choose its column.
    pub fn timestamp(at: Option<Timestamp>) -> Self {
        Cell::time(at.map_or_else(|| "-".to_owned(), Timestamp::rfc3339), at)
    }

    /// Returns a text that people see as `-` if there is none.
    pub fn or_dash(text: &str) -> Self {
        Cell::new(if text.is_empty() { "-" } else { text }, text)
    }
}

/// A list that is printed. The order of the calls: [`ListTable::begin`], rows, [`ListTable::print`], rows …
pub struct ListTable {
    columns: &'static Columns,
    chosen: Vec<usize>,
    table: Table,
    /// Rows as CSV that are not printed yet.
    csv: Option<String>,
    /// `true` if the table has rows that are not printed yet. The header of an empty table is never printed.
    has_rows: bool,
    has_pager: bool,
}

impl ListTable {
    /// # Errors
    /// [`crate::error::Kind::Usage`] for an unknown column, and for options that contradict each other.
    pub fn new(columns: &'static Columns, options: &ListOptions, out: &Output) -> Result<Self> {
        let option = if options.csv { "--csv" } else { "--columns" };
        let other = if out.json { "--json" } else { "--quiet" };
        if (out.json || out.quiet) && (options.csv || !options.columns.is_empty()) {
            return Err(Error::usage(format!("{option} and {other} can't be used together"))
                .why("each of these options decides what is printed")
                .next(format!("Leave out {option} or {other}")));
        }
        let chosen = columns.chosen(&options.columns, options.csv)?;
        let heads: Vec<&str> = columns.shown.iter().chain(columns.more).copied().collect();
        let table = match columns.has_header || !options.columns.is_empty() {
            true => Table::new(&chosen.iter().filter_map(|at| heads.get(*at).copied()).collect::<Vec<_>>()),
            false => Table::with_columns(chosen.len()),
        };
        let csv = options.csv.then(String::new);
        let has_pager = !options.no_pager && !options.csv && !out.json && !out.quiet;
        Ok(ListTable { columns, chosen, table, csv, has_rows: false, has_pager })
    }

    /// Prints rows as they come: no pager, and the header at once.
    pub fn follow(&mut self) {
        self.has_pager = false;
        self.has_rows = self.csv.is_none();
    }

    /// Begins the output, once nothing is asked any more: the pager for a person, the header of CSV.
    pub fn begin(&mut self, out: &mut Output) -> Result<()> {
        if self.has_pager {
            out.begin_list();
        }
        if let Some(csv) = &mut self.csv {
            let keys: Vec<String> = self.columns.keys().collect();
            push_record(csv, self.chosen.iter().filter_map(|at| keys.get(*at).map(String::as_str)));
        }
        self.print(out)
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let cells: Vec<Cell> = cells.into_iter().collect();
        self.has_rows = true;
        let chosen = self.chosen.iter().filter_map(|at| cells.get(*at));
        match &mut self.csv {
            Some(csv) => push_record(csv, chosen.map(|cell| cell.value.as_deref().unwrap_or(&cell.text))),
            None => self.table.row(chosen.map(|cell| cell.text.clone())),
        }
    }

    /// Prints the rows so far.
    pub fn print(&mut self, out: &mut Output) -> Result<()> {
        match &mut self.csv {
            Some(csv) => out.data(&std::mem::take(csv)),
            None if std::mem::take(&mut self.has_rows) => out.table(&mut self.table),
            None => Ok(()),
        }
    }
}

fn push_record<'a>(csv: &mut String, values: impl Iterator<Item = &'a str>) {
    for (at, value) in values.enumerate() {
        if at > 0 {
            csv.push(',');
        }
        push_value(csv, value);
    }
    csv.push_str("\r\n");
}

/// Adds a value. A spreadsheet would run a value like `=HYPERLINK(…)`, which anybody can put into the name of a client, so
/// an apostrophe comes before it.
fn push_value(csv: &mut String, value: &str) {
    // Some programs take the wide forms for the others, and ignore blanks before them.
    let is_formula = value.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let guard = if is_formula { "'" } else { "" };
    let value = escape_untrusted(value);
    if value.contains(['"', ',', ' ', ';']) || !guard.is_empty() {
        csv.push_str(&format!("\"{guard}{}\"", value.replace('"', "\"\"")));
    } else {
        csv.push_str(&value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    static COLUMNS: Columns = Columns { shown: &["NAME", "LAST SEEN", "DAY (UTC)"], more: &["ID"], has_header: true };

    fn chosen(words: &str) -> Result<Vec<usize>> {
        let words: Vec<String> = words.split_terminator(',').map(str::to_owned).collect();
        COLUMNS.chosen(&words, false)
    }

    #[test]
    fn columns_are_chosen_by_name_in_any_order() {
        assert_eq!(chosen("").unwrap(), [0, 1, 2]);
        assert_eq!(chosen("id,last-seen,NAME").unwrap(), [3, 1, 0]);
        assert_eq!(chosen("Last_Seen,last seen,day").unwrap(), [1, 1, 2]);
        assert_eq!(COLUMNS.chosen(&[], true).unwrap(), [0, 1, 2, 3]);
        let error = chosen("name,last-sen").unwrap_err();
        assert_eq!(error.kind, Kind::Usage);
        insta::assert_snapshot!(error, @r#"no column "last-sen": the columns are: name, last-seen, day, id. Did you mean: last-seen?"#);
    }

    #[test]
    fn csv_quotes_what_must_be_and_runs_nothing() {
        let csv = |values: &[&str]| {
            let mut csv = String::new();
            push_record(&mut csv, values.iter().copied());
            csv
        };
        assert_eq!(csv(&["a", "", "c"]), "a,,c\r\n");
        assert_eq!(csv(&["a,b", "say \"x\"", "c d"]), "\"a,b\",\"say \"\"x\"\"\",\"c d\"\r\n");
        assert_eq!(csv(&["=1+1", "+1", "-2", "@x"]), "\"'=1+1\",\"'+1\",\"'-2\",\"'@x\"\r\n");
        assert_eq!(csv(&[" =1", "＝1", "a=1"]), "\"' =1\",\"'＝1\",a=1\r\n");
        assert!(csv(&["a\r\nb\u{1b}[2J\t=1"]).trim_end().chars().all(|c| !c.is_control()));
    }
}
