//! Drawing of the accounts screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Accounts;
use super::filter::AccountFilter;
use crate::domain::account::Account;
use crate::domain::time::ago;
use crate::tui::modal::account::set_role::describe_role;
use crate::tui::model::Model;
use crate::tui::screen::list_layout::{self, ScreenParts, filter_line};
use crate::tui::theme::Theme;
use crate::tui::widget::table_columns::{Cell, TableColumns, TableSpec};
use crate::tui::widget::text_fit::{count_noun, cut, fit, group_digits, wrap};
use crate::verbs::accounts::AccountWithCounts;

/// Width of a number. The account's creation date has a wider gap before it.
const NUMBER_COLUMNS: usize = 7;

/// Narrow lists drop the creation date first, then trash and total.
const TABLE: TableSpec = TableSpec {
    columns: &[
        ("NAME", 12),
        ("ROLE", 6),
        ("STATE", 11),
        (" ACTIVE", NUMBER_COLUMNS),
        ("  TOTAL", NUMBER_COLUMNS),
        ("  TRASH", NUMBER_COLUMNS),
        (" CREATED", 13),
    ],
    narrower: &[&[(6, 0)], &[(4, 0), (5, 0)]],
    max_width: 32,
    ..TableSpec::EMPTY
};

fn cells(row: &AccountWithCounts, words: &[String], model: &Model) -> Vec<Cell> {
    let (plain, theme) = (Style::new(), &model.theme);
    let (state, style) = state_label(&row.account, theme);
    let count = |number: u32| {
        let grouped = group_digits(number.into());
        let text = if grouped.len() > NUMBER_COLUMNS { number.to_string() } else { grouped };
        Cell::new(format!("{text:>NUMBER_COLUMNS$}"), if number == 0 { theme.dim } else { plain })
    };
    vec![
        Cell::matching(row.account.username.as_str(), plain, words, None),
        Cell::new(row.account.role.as_str(), plain),
        Cell::new(state, style),
        count(row.tokens.active),
        count(row.tokens.live),
        count(row.tokens.trashed),
        Cell::new(format!(" {}", ago(row.account.created_at, model.now)), plain),
    ]
}

/// Returns glyph and word of an account's state. "Temporary" refers to its password.
fn state_label(account: &Account, theme: &Theme) -> (&'static str, Style) {
    match (account.enabled, account.temporary_password) {
        (true, false) => ("● enabled", theme.good),
        (true, true) => ("◐ temporary", theme.warning),
        (false, _) => ("○ disabled", theme.dim),
    }
}

impl Accounts {
    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let columns = usize::from(area.width);
        let parts = ScreenParts {
            head: vec![Span::styled("Accounts", model.theme.strong)],
            second: filter_line(&self.filter, &self.count(), columns, model),
            about: list_layout::unless_detail_pane(self.about(model), area),
            undo: None,
        };
        let body = list_layout::draw(frame, area, parts, model);
        let (table, pane) = list_layout::split_detail_pane(frame, body, &model.theme);
        if let (Some(pane), Some(current)) = (pane, self.current()) {
            frame.render_widget(Paragraph::new(self.detail(current, usize::from(pane.width), model)), pane);
        }
        self.table(frame, table, model);
    }

    fn count(&self) -> String {
        let (position, total) = (self.cursor.position() as u64 + 1, group_digits(self.rows.len() as u64));
        let count = if !self.loaded {
            "reading…".to_owned()
        } else if let Some(unknown) = self.filter.unknown_field::<AccountFilter>() {
            format!("unknown {unknown}")
        } else if self.is_filtered() {
            format!("{} of {total} match", group_digits(self.matching.len() as u64))
        } else {
            format!("{} of {total}", group_digits(position))
        };
        format!("{count}   ↓ name ")
    }

    fn table(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let layout = TableColumns::new(&TABLE, usize::from(area.width));
        let height = usize::from(area.height).saturating_sub(1);
        let mut lines = vec![Line::styled(layout.heading(None), model.theme.dim)];
        let words = AccountFilter::parse(self.filter.text()).words;
        for at in self.cursor.visible_rows(height) {
            let Some(row) = self.matching.get(at).and_then(|at| self.rows.get(*at)) else { break };
            let cells = cells(row, &words, model);
            lines.push(layout.row(cells, at == self.cursor.position(), false, &model.theme));
        }
        if self.loaded && self.matching.is_empty() {
            lines.push(Line::default());
            let unknown = self.filter.unknown_field::<AccountFilter>();
            lines.extend(self.filter.no_match_lines("", unknown.as_ref(), usize::from(area.width)));
        }
        frame.render_widget(Paragraph::new(lines), area);
    }

    fn about(&self, model: &Model) -> [String; 2] {
        let Some(row) = self.current() else { return [String::new(), String::new()] };
        let account = &row.account;
        let seen = match self.last_seen_text(account, model) {
            Some(seen) => format!(" · last seen {seen}"),
            None => String::new(),
        };
        let name = &account.username;
        let first = format!("{name}  {}{seen}", count_noun(row.tokens.active.into(), "active token"));
        let state = match (account.enabled, account.temporary_password) {
            (false, _) => "The account is disabled: no sign-in, and its tokens are denied",
            (true, true) => "The password is temporary: a new one is due at the next sign-in",
            (true, false) => describe_role(account.role),
        };
        [first, state.to_owned()]
    }

    /// Returns when a token of the account was last used, if loaded.
    fn last_seen_text(&self, account: &Account, model: &Model) -> Option<String> {
        let shown = self.details_of(account)?;
        Some(shown.last_seen_at.map_or_else(|| "never".to_owned(), |at| ago(at, model.now)))
    }

    fn detail(&self, row: &AccountWithCounts, columns: usize, model: &Model) -> Vec<Line<'static>> {
        let (theme, account) = (&model.theme, &row.account);
        let fact = |label: &'static str, text: &str, style: Style| {
            Line::from(vec![
                Span::styled(fit(label, 11), theme.dim),
                Span::styled(cut(text, columns.saturating_sub(11)), style),
            ])
        };
        let (state, style) = state_label(account, theme);
        let tokens = row.tokens;
        let token_counts =
            format!("{} active of {}", group_digits(tokens.active.into()), group_digits(tokens.live.into()));
        let created = model.dates.get().day(account.created_at);
        let created = format!("{created}, {}", ago(account.created_at, model.now));
        let mut lines = vec![
            Line::styled(cut(account.username.as_str(), columns), theme.strong),
            Line::default(),
            fact("Id", &account.id.to_string(), Style::new()),
            fact("Role", account.role.as_str(), Style::new()),
            fact("State", state, style),
            fact("Password", if account.temporary_password { "temporary" } else { "its own" }, Style::new()),
            fact("Tokens", &token_counts, Style::new()),
            fact("Trash", &group_digits(tokens.trashed.into()), Style::new()),
            fact("Last seen", &self.last_seen_text(account, model).unwrap_or_default(), Style::new()),
            fact("Created", &created, Style::new()),
            Line::default(),
        ];
        lines.extend(wrap(describe_role(account.role), columns).into_iter().map(|line| Line::styled(line, theme.dim)));
        lines
    }
}
