//! Drawing of the token table.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::Tokens;
use super::columns::{TOKENS, TRASH, token_cells, trash_cells};
use crate::domain::policy::Policy;
use crate::domain::query::token_filter::TokenFilter;
use crate::domain::time::relative;
use crate::domain::token::Token;
use crate::tui::component::Component;
use crate::tui::keymap::{self, Action, Binding, Context};
use crate::tui::modal::{token_details, token_usage};
use crate::tui::model::Model;
use crate::tui::screen::list_layout::{self, ScreenParts, filter_line_with};
use crate::tui::theme::Theme;
use crate::tui::widget::key_hints::truncate_with_hint;
use crate::tui::widget::table_columns::TableColumns;
use crate::tui::widget::text_fit::{cut, group_digits, width};
use crate::verbs::tokens::TokenDetails;

/// Columns of the first line taken by the program's name.
const NAME_COLUMNS: usize = 9;
/// Minimum number of columns for the filter.
const MIN_FILTER_COLUMNS: usize = 16;

impl Tokens {
    pub(super) fn draw(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let columns = usize::from(area.width);
        let parts = ScreenParts {
            head: self.head(columns, model),
            second: filter_line_with(&self.filter, self.right(columns, &model.theme), columns, model),
            about: list_layout::unless_detail_pane(self.about(model), area),
            undo: self.undo_binding(model),
        };
        let body = list_layout::draw(frame, area, parts, model);
        let (table, pane) = list_layout::split_detail_pane(frame, body, &model.theme);
        if let (Some(pane), Some(token)) = (pane, self.current()) {
            let lines = token_details::lines(token, self.details_of(token), usize::from(pane.width), model);
            frame.render_widget(Paragraph::new(truncate_with_hint(lines, usize::from(pane.height), model)), pane);
        }
        self.table(frame, table, model);
    }

    /// Returns the binding that restores the tokens just revoked, if its keys work.
    fn undo_binding(&self, model: &Model) -> Option<&'static Binding> {
        let is_in_front = self.context() == Context::Tokens && model.active_screen().is_some();
        keymap::binding(Context::Tokens, Action::Restore).filter(|_| is_in_front && !self.just_revoked.is_empty())
    }

    /// Returns the number of marked tokens and the most important counts. The least important are left out if there is
    /// no room.
    fn head(&self, columns: usize, model: &Model) -> Vec<Span<'static>> {
        let theme = &model.theme;
        let marked = match self.marks.len() {
            0 => String::new(),
            n => format!("{} marked", group_digits(n as u64)),
        };
        let (about, soon) = if self.options.trashed {
            let keep = model.me.as_ref().map_or_else(|| Policy::default().trash, |me| me.policy.trash);
            (format!("Trash, tokens kept for {}", keep.describe()), String::new())
        } else {
            let limit = match self.summary.limit {
                0 => format!("{} active", self.summary.active),
                limit => format!("{} of {limit} active", self.summary.active),
            };
            let soon = match self.summary.expiring {
                0 => String::new(),
                1 => "! 1 expires soon".to_owned(),
                n => format!("! {} expire soon", group_digits(n)),
            };
            (limit, soon)
        };
        let about_style = if self.options.trashed { theme.strong } else { Style::new() };
        let mut room = columns.saturating_sub(NAME_COLUMNS);
        let mut spans: Vec<Span<'static>> = Vec::new();
        for (text, style) in [(marked, theme.accent), (about, about_style), (soon, theme.warning)] {
            let gap = if spans.is_empty() { "" } else { " · " };
            let wanted = width(gap) + width(&text);
            if text.is_empty() || wanted > room {
                continue;
            }
            room -= wanted;
            spans.extend([Span::raw(gap), Span::styled(text, style)]);
        }
        spans
    }

    /// Returns active restrictions, number of tokens and order, as far as they leave room for the filter.
    fn right(&self, columns: usize, theme: &Theme) -> Vec<Span<'static>> {
        let switched = self.options.active_options().join(" · ");
        let (long, short) = self.count();
        let order = format!("   {}", self.options.describe_sort());
        let gap = if switched.is_empty() { "" } else { " · " };
        let fits = |count: &str, order: &str| {
            width(&switched) + width(gap) + width(count) + width(order) + MIN_FILTER_COLUMNS + 4 <= columns
        };
        let (count, order) = match (fits(&long, &order), fits(&long, "")) {
            (true, _) => (long, order),
            (false, true) => (long, String::new()),
            (false, false) => (short, String::new()),
        };
        vec![Span::styled(switched, theme.accent), Span::styled(format!("{gap}{count}{order} "), theme.dim)]
    }

    /// Returns the number of shown tokens, in a long and a short form.
    fn count(&self) -> (String, String) {
        let suffix = if self.options.trashed { " in the trash" } else { "" };
        if !self.loaded {
            return ("reading…".to_owned(), "reading…".to_owned());
        }
        if let Some(unknown) = self.filter.unknown_field::<TokenFilter>() {
            return (format!("unknown {unknown}"), format!("unknown {unknown}"));
        }
        if self.filter.is_empty() && !self.options.is_filtering() {
            return match self.window.total {
                0 => ("none".to_owned(), "none".to_owned()),
                total => {
                    let short = format!("{} of {}", group_digits(self.position() + 1), group_digits(total));
                    (format!("{short}{suffix}"), short)
                }
            };
        }
        let more = if self.window.matching_is_lower_bound { "+" } else { "" };
        let short = format!("{}{more} match", group_digits(self.window.matching));
        (format!("{short} of {}{suffix}", group_digits(self.window.total)), short)
    }

    fn table(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let theme = &model.theme;
        let columns = usize::from(area.width);
        let height = usize::from(area.height).saturating_sub(1);
        let words = self.query().filter.words;
        let shown = self.cursor.visible_rows(height).filter_map(|at| self.window.rows.get(at).map(|token| (at, token)));
        let rows = shown.map(|(at, token)| (token, at == self.cursor.position(), self.marks.contains(token.id)));
        let layout = TableColumns::new(if self.options.trashed { &TRASH } else { &TOKENS }, columns);
        let cells = |token: &Token| match self.options.trashed {
            true => trash_cells(token, &words, model),
            false => token_cells(token, self.window.recently_denied.contains(&token.id), &words, model),
        };
        let mut lines = vec![Line::styled(layout.heading(Some(self.options.sort)), theme.dim)];
        lines.extend(rows.map(|(token, is_current, mark)| layout.row(cells(token), is_current, mark, theme)));
        if self.loaded && self.window.rows.is_empty() {
            lines.push(Line::default());
            lines.extend(self.empty(columns, theme));
        }
        frame.render_widget(Paragraph::new(lines), area);
    }

    fn empty(&self, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
        let teach = |text: &'static str, key: &'static str, what: &'static str| {
            vec![Line::from(vec![Span::raw(text), Span::styled(key, theme.accent), Span::raw(what)])]
        };
        let narrowed = self.options.active_options().join(" and ");
        match (self.filter.is_empty(), narrowed.is_empty()) {
            (true, true) if self.options.trashed => teach(" The trash is empty.  ", "t", "  goes back to the tokens."),
            (true, true) => teach(" No tokens yet.  ", "n", "  generates the first one."),
            (true, false) => vec![Line::raw(cut(
                &format!(" There are no tokens that are {narrowed}.  Esc shows all tokens."),
                columns,
            ))],
            (false, _) => {
                let also =
                    if narrowed.is_empty() { String::new() } else { format!(" among tokens that are {narrowed}") };
                self.filter.no_match_lines(&also, self.filter.unknown_field::<TokenFilter>().as_ref(), columns)
            }
        }
    }

    pub(super) fn details_of(&self, token: &Token) -> Option<&TokenDetails> {
        self.details.as_ref().filter(|s| s.token.id == token.id)
    }

    fn about(&self, model: &Model) -> [String; 2] {
        let Some(token) = self.current() else { return [String::new(), String::new()] };
        let about = format!("{}  {}  {}", token.name, token.hint, token.description);
        let used = self.details_of(token).map_or_else(String::new, |s| token_usage::describe(&s.usage, model.now));
        match token.overlap(model.now) {
            Some(old) => [
                about,
                format!(
                    "old secret {} stops {} (o stops it now); {used}",
                    old.hint,
                    relative(old.retires_at, model.now)
                ),
            ],
            None => [about, used],
        }
    }
}
