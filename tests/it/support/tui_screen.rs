//! The content of the screens: a drawn buffer, its text, and the ids of dialogs and notices. Also assertions about
//! these.

use jeton::tui::component::Component;
use jeton::tui::notice::NoticeId;
use jeton::tui::view::view;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use super::tui_harness::TuiHarness;

impl TuiHarness {
    pub fn buffer(&self) -> Buffer {
        let (columns, rows) = self.app.model.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| view(&self.app, frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// Returns the text on the screen.
    pub fn text(&self) -> String {
        rows(&self.buffer(), |row| row.iter().map(|c| c.symbol()).collect::<String>().trim_end().to_owned())
    }

    /// Returns the text, then a letter for each cell's style, then a legend of the letters.
    pub fn dump(&self) -> String {
        let buffer = self.buffer();
        let mut legend: Vec<String> = vec!["plain".to_owned()];
        let styles = rows(&buffer, |row| {
            let letters: String = row
                .iter()
                .map(|cell| {
                    let style = describe(cell);
                    let at = legend.iter().position(|s| *s == style).unwrap_or_else(|| {
                        legend.push(style);
                        legend.len() - 1
                    });
                    if at == 0 { '.' } else { (b'a' + at as u8 - 1) as char }
                })
                .collect();
            letters.trim_end_matches('.').to_owned()
        });
        let legend: Vec<String> =
            legend.iter().enumerate().skip(1).map(|(i, s)| format!("{} {s}", (b'a' + i as u8 - 1) as char)).collect();
        format!("{}\n\n{styles}\n\n{}\n", self.text(), legend.join("\n"))
    }

    /// Returns the row that contains `text`.
    pub fn row_of(&self, text: &str) -> Vec<Cell> {
        let buffer = self.buffer();
        let width = usize::from(buffer.area.width);
        let found = buffer.content.chunks(width).find(|row| {
            let line: String = row.iter().map(Cell::symbol).collect();
            line.contains(text)
        });
        found.unwrap_or_else(|| panic!("{text:?} is not on the screen:\n{}", self.text())).to_vec()
    }

    /// Returns column and row of the first `text` on the screen.
    #[track_caller]
    pub fn place_of(&self, text: &str) -> (u16, u16) {
        let buffer = self.buffer();
        let width = usize::from(buffer.area.width);
        let place = buffer.content.chunks(width).enumerate().find_map(|(y, row)| {
            let line: String = row.iter().map(Cell::symbol).collect();
            let x = line[..line.find(text)?].chars().count();
            Some((u16::try_from(x).unwrap(), u16::try_from(y).unwrap()))
        });
        place.unwrap_or_else(|| panic!("{text:?} is not on the screen:\n{}", self.text()))
    }

    /// Returns the first line that contains `text`.
    #[track_caller]
    pub fn line_of(&self, text: &str) -> String {
        let shown = self.text();
        let line = shown.lines().find(|line| line.contains(text));
        line.unwrap_or_else(|| panic!("{text:?} is not on the screen:\n{shown}")).to_owned()
    }

    /// Returns the keys in the last line of the screen.
    pub fn footer(&self) -> String {
        self.text().lines().last().unwrap_or_default().trim().to_owned()
    }

    /// Returns the second line of the screen: the filter, the count and the order.
    pub fn filter_line(&self) -> String {
        self.text().lines().nth(1).unwrap_or_default().trim().to_owned()
    }

    /// Returns the lines between the rules of the screen.
    pub fn body(&self) -> String {
        let text = self.text();
        let lines: Vec<&str> = text.lines().collect();
        lines[3..lines.len() - 4].join("\n").trim_end().to_owned()
    }

    /// Returns the two lines about the row under the cursor, or the notice in their place.
    pub fn about(&self) -> String {
        let text = self.text();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        lines[lines.len() - 3..lines.len() - 1].join("\n")
    }

    /// Returns the text of the notice shown now, with its effect.
    pub fn notice_text(&self) -> Option<String> {
        self.app.model.notice.as_ref().map(|notice| notice.full_text())
    }

    /// Returns the title and the lines of the topmost dialog, without its box, its keys, and repeated empty lines.
    pub fn dialog_text(&self) -> String {
        let (columns, rows_high) = self.app.model.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows_high)).unwrap();
        let area = Rect::new(0, 0, columns, rows_high - 1);
        let components = self.components();
        let top = components.last().expect("something is open");
        terminal.draw(|frame| top.view(frame, area, &self.app.model)).unwrap();
        let buffer = terminal.backend().buffer();
        let cells: Vec<Vec<&str>> =
            buffer.content().chunks(usize::from(columns)).map(|row| row.iter().map(Cell::symbol).collect()).collect();
        let first = cells.iter().rposition(|row| row.contains(&"┌")).expect("a dialog is open");
        let left = cells[first].iter().rposition(|cell| *cell == "┌").unwrap();
        let right = cells[first].iter().rposition(|cell| *cell == "┐").unwrap();
        let inside = cells[first + 1..].iter().take_while(|row| row[left] == "│");
        let mut plain = vec![cells[first][left..right].concat().trim_matches(['┌', '─', ' ']).to_owned()];
        let unindented = |line: String| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned();
        plain.extend(inside.map(|row| unindented(row[left + 1..right].concat())));
        plain.pop();
        plain.dedup_by(|next, last| next.is_empty() && last.is_empty());
        plain.join("\n").trim_end().to_owned()
    }

    /// Returns the screen and the dialogs above it, the topmost last.
    fn components(&self) -> Vec<&dyn Component> {
        let lock = self.app.lock.as_ref().map(|lock| lock as &dyn Component);
        self.app.screen.component().into_iter().chain(self.app.modals.iter()).chain(lock).collect()
    }

    /// Returns the ids of the screen and of the dialogs above it, the topmost last.
    pub fn component_ids(&self) -> Vec<&'static str> {
        self.components().iter().map(|component| component.id()).collect()
    }

    /// Returns the problem that the topmost form shows.
    pub fn problem(&self) -> Option<String> {
        self.components().last()?.problem().map(str::to_owned)
    }

    /// Asserts that the topmost dialog, or the screen if there is no dialog, has this id.
    #[track_caller]
    pub fn assert_top(&self, id: &str) {
        let ids = self.component_ids();
        assert_eq!(ids.last(), Some(&id), "{ids:?}\n{}", self.text());
    }

    /// Asserts that the screens are locked.
    #[track_caller]
    pub fn assert_locked(&self) {
        assert!(self.app.lock.is_some(), "{:?}\n{}", self.component_ids(), self.text());
    }

    /// Asserts whose screens are shown, and the role.
    #[track_caller]
    pub fn assert_signed_in(&self, account: &str, role: &str) {
        let me = self.app.model.me.as_ref().filter(|_| self.app.workspace().is_some()).map(|me| &me.account);
        let shown = me.map(|me| (me.username.to_string(), me.role.to_string()));
        assert_eq!(shown, Some((account.to_owned(), role.to_owned())));
        self.assert_shows(account);
    }

    /// Asserts that no dialog is open.
    #[track_caller]
    pub fn assert_no_dialog(&self) {
        assert!(self.app.modals.is_empty(), "{:?}\n{}", self.component_ids(), self.text());
    }

    /// Asserts that the notice shown now is this one.
    #[track_caller]
    pub fn assert_notice(&self, id: NoticeId) {
        let shown = self.app.model.notice.as_ref().map(|notice| notice.id);
        assert_eq!(shown, Some(id), "{:?}\n{}", self.app.model.notice, self.text());
    }

    pub fn assert_shows(&self, text: &str) {
        assert!(self.text().contains(text), "{text:?} is not on the screen:\n{}", self.text());
    }

    pub fn assert_hides(&self, text: &str) {
        assert!(!self.text().contains(text), "{text:?} is on the screen:\n{}", self.text());
    }
}

fn rows(buffer: &Buffer, show: impl FnMut(&[Cell]) -> String) -> String {
    let width = usize::from(buffer.area.width).max(1);
    buffer.content.chunks(width).map(show).collect::<Vec<_>>().join("\n")
}

fn describe(cell: &Cell) -> String {
    let mut parts = Vec::new();
    if cell.fg != Color::Reset {
        parts.push(format!("{}", cell.fg));
    }
    if cell.bg != Color::Reset {
        parts.push(format!("on {}", cell.bg));
    }
    if cell.modifier != Modifier::empty() {
        parts.push(format!("{:?}", cell.modifier));
    }
    if parts.is_empty() { "plain".to_owned() } else { parts.join(" ") }
}
