//! Lists, 20 rows at a time: each row is a sentence with a number.

use super::super::App;
use super::super::output::counted;
use super::menu::{self, Then, unknown_answer};
use crate::error::Result;

/// Number of rows that are read out at once.
pub(super) const PAGE_SIZE: usize = 20;

/// A page of a list.
pub(super) struct Page<R, A> {
    pub rows: Vec<R>,
    /// The place after the page, if more rows follow.
    pub next: Option<A>,
    /// Number of rows of the whole list, if it is known.
    pub total: Option<String>,
    /// Number of rows of the page that are left out because they are damaged.
    pub unreadable: usize,
}

/// A list with pages and a filter.
pub(super) trait List {
    type Row;
    /// A place in the list, from which a page is read.
    type Anchor: Clone;
    /// Words of the list, such as `token`, in the singular.
    const ROW: &'static str;
    fn title(&self) -> String;
    /// Sets the filter that was typed. An empty one shows all.
    fn set_filter(&mut self, text: &str) -> Result<()>;
    /// Reads the page at `anchor`, or the first page.
    fn read(&self, app: &App, anchor: Option<&Self::Anchor>) -> Result<Page<Self::Row, Self::Anchor>>;
    fn sentence(&self, app: &App, row: &Self::Row) -> String;
    fn open(&self, app: &mut App, row: &Self::Row) -> Result<()>;
}

/// Reads out `list` page by page until the person goes back.
pub(super) fn browse<L: List>(app: &mut App, mut list: L) -> Result<Then> {
    let mut filter = String::new();
    // The anchors of the pages before the present one, and of that one.
    let mut anchors: Vec<Option<L::Anchor>> = vec![None];
    loop {
        let anchor = anchors.last().cloned().flatten();
        let page = list.read(app, anchor.as_ref())?;
        let first = (anchors.len() - 1) * PAGE_SIZE + 1;
        read_out(app, &list, &page, &filter, first)?;
        loop {
            let answer = menu::ask(app, "Row or command")?;
            if let Some(words) = answer.strip_prefix('/').map(str::trim) {
                match list.set_filter(words) {
                    Ok(()) => {
                        words.clone_into(&mut filter);
                        anchors = vec![None];
                        break;
                    }
                    Err(e) => menu::report(app, e)?,
                }
                continue;
            }
            match answer.as_str() {
                "" | "0" => return Ok(Then::Again),
                "n" => match &page.next {
                    Some(next) => {
                        anchors.push(Some(next.clone()));
                        break;
                    }
                    None => app.out.line("This is the last page.")?,
                },
                "p" if anchors.len() > 1 => {
                    anchors.pop();
                    break;
                }
                "p" => app.out.line("This is the first page.")?,
                text => {
                    let number = text.parse::<usize>().ok().and_then(|number| number.checked_sub(first));
                    let Some(row) = number.and_then(|at| page.rows.get(at)) else {
                        app.out.line(&unknown_answer(text, &describe_answers(&page, first)))?;
                        continue;
                    };
                    if let Err(e) = list.open(app, row) {
                        menu::report(app, e)?;
                    }
                    break;
                }
            }
        }
    }
}

fn read_out<L: List>(
    app: &mut App,
    list: &L,
    page: &Page<L::Row, L::Anchor>,
    filter: &str,
    first: usize,
) -> Result<()> {
    let filtered = if filter.is_empty() { String::new() } else { format!(", filter {filter}") };
    let title = format!("{}{filtered}", list.title());
    if page.rows.is_empty() {
        let nothing = if filter.is_empty() { "the list is empty" } else { "nothing matches the filter" };
        app.out.line(&format!("{title}: {nothing}."))?;
    } else {
        let (last, total) = (first + page.rows.len() - 1, page.total.as_deref());
        let of = total.map_or_else(String::new, |total| format!(" of {total}"));
        app.out.line(&format!("{title}: {} {first} to {last}{of}.", plural(L::ROW)))?;
    }
    for (at, row) in page.rows.iter().enumerate() {
        app.out.line(&format!("{}. {}", first + at, list.sentence(app, row)))?;
    }
    if page.unreadable > 0 {
        let rows = counted(page.unreadable, "row");
        app.out.line(&format!(
            "! {rows} left out, because the stored data is damaged. To find the damage, run: {} doctor",
            app.program()
        ))?;
    }
    app.out.line(&format!("Type {}.", describe_answers(page, first)))
}

/// Returns `true` if `text` holds each of the `words`, in any case.
pub(super) fn has_words(text: &str, words: &str) -> bool {
    let text = text.to_lowercase();
    words.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

fn plural(row: &str) -> String {
    format!("{row}s")
}

/// Names the answers that mean something now.
fn describe_answers<R, A>(page: &Page<R, A>, first: usize) -> String {
    let mut answers = Vec::new();
    if !page.rows.is_empty() {
        answers.push("the number of a row to open it".to_owned());
    }
    if page.next.is_some() {
        answers.push("n for the next page".to_owned());
    }
    if first > 1 {
        answers.push("p for the page before".to_owned());
    }
    answers.push("0 to go back".to_owned());
    format!("{}. To filter, type a slash and words. To show all rows, type a slash alone", answers.join(", "))
}
