//! Keys and replies of a list.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};

use super::layout::{self, ListPart};
use super::list_screen::{ListScreen, Source};
use super::loaded_rows::{Anchor, ListRow};
use crate::domain::catalogue::Catalogue;
use crate::domain::query::filter_syntax::{self, Completion, FilterFields};
use crate::domain::time::Timestamp;
use crate::error::Error;
use crate::tui::component::{ClickTarget, Component, Damaged, Destination, DialogResult, Intent, Reply, UpdateContext};
use crate::tui::keymap::{self, Action, Context};
use crate::tui::layer::ScreenId;
use crate::tui::modal::filters::{FiltersDialog, SaveFilterDialog};
use crate::tui::model::Model;
use crate::tui::msg::ReadKey;
use crate::tui::notice::NoticeId;
use crate::tui::outcome::Outcome;
use crate::tui::widget::filter_field::FilterChange;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::accounts::ListAccounts;
use crate::verbs::request::Response;

/// The fields of filters that take the name of an account.
const ACCOUNT_FIELDS: [&str; 2] = ["account", "by"];

/// Maximum number of completions that a notice names.
const MAX_COMPLETIONS: usize = 8;

/// Returns `true` if `field` of the list's filter takes the name of an account.
fn takes_account<S: Source>(field: &str) -> bool {
    ACCOUNT_FIELDS.contains(&field) && S::Filter::FIELDS.iter().any(|(known, _)| *known == field)
}

impl<S: Source> ListScreen<S> {
    /// Completes the end of the filter, or names what it can become.
    fn complete_filter(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        let last = self.filter.text().split_whitespace().last().unwrap_or_default();
        let field = last.split_once(':').map_or("", |(field, _)| field).to_lowercase();
        let accounts = &ctx.model.usernames;
        if takes_account::<S>(&field) && accounts.is_none() {
            // The reply completes the filter.
            return Intent::read(ListAccounts);
        }
        let names = |field: &str| match field {
            "method" => ctx.catalogues.iter().flat_map(Catalogue::methods).map(|m| m.id.to_string()).collect(),
            field if takes_account::<S>(field) => accounts.clone().unwrap_or_default(),
            _ => Vec::new(),
        };
        match filter_syntax::complete::<S::Filter>(self.filter.text(), names) {
            Some(Completion::Longer(text)) => {
                self.filter.set(&text);
                self.filter_rows(Anchor::Start, ctx)
            }
            Some(Completion::Several(all)) => {
                let more = match all.len().checked_sub(MAX_COMPLETIONS) {
                    None | Some(0) => String::new(),
                    Some(more) => format!("  and {more} more"),
                };
                let shown: Vec<String> = all.into_iter().take(MAX_COMPLETIONS).collect();
                Intent::Notify(NoticeId::NoEffect, format!("{}{more}", shown.join("  ")))
            }
            // A key that left the filter here would make keys of the letters that follow.
            None => Intent::Notify(NoticeId::NoEffect, "There is nothing to complete".to_owned()),
        }
    }
}

impl<S: Source> Component for ListScreen<S> {
    fn id(&self) -> &'static str {
        S::ID
    }

    fn context(&self) -> Context {
        self.filter.context(self.source.context())
    }

    fn is_enabled(&self, action: Action, model: &Model) -> bool {
        match action {
            Action::Filter => !self.rows.is_denied(),
            Action::Details
            | Action::Mark
            | Action::MarkShown
            | Action::ExtendDown
            | Action::ExtendUp
            | Action::CopyTarget
            | Action::CopyAddress
            | Action::CopyHint
            | Action::CopyName => self.current().is_some(),
            _ => S::is_enabled(self, action, model),
        }
    }

    fn label(&self, action: Action, model: &Model) -> Option<&'static str> {
        S::label(self, action, model)
    }

    fn on_open(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        if S::COPY_ROWS.is_some() && !self.rows.is_loaded() && self.rows.current_anchor() == Anchor::Start {
            return self.open_at_first_row(ctx);
        }
        Intent::All(vec![self.list_again(), self.read_marked()])
    }

    fn shows_ledger(&self) -> bool {
        S::SHOWS_LEDGER
    }

    fn on_ledger_changed(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        if !S::SHOWS_LEDGER {
            return Intent::Stay;
        }
        let details = self.details_request();
        // Below a dialog, only the details are seen.
        let is_covered = !ctx.is_on_top && details.is_some();
        let details = details.map_or(Intent::Stay, Intent::read);
        if is_covered {
            return details;
        }
        // A busy ledger must not keep replacing the read under way, which may be older than the change.
        self.must_read_again = self.is_reading_rows(ctx);
        if self.must_read_again { details } else { Intent::All(vec![self.list_again(), details]) }
    }

    fn wakes_at(&self) -> Option<Timestamp> {
        self.rest.rests_at()
    }

    fn on_time(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        if self.rest.rests_at().is_none_or(|at| at > ctx.now) {
            return Intent::Stay;
        }
        self.rest.end();
        self.on_rest(ctx)
    }

    fn on_resize(&mut self, ctx: &UpdateContext<'_>) {
        self.rows.on_resize(ctx.rows);
        // The rows that are known filled a screen of another height.
        self.ends.forget();
        self.measure(ctx);
    }

    fn on_reply(&mut self, reply: &mut Reply, ctx: &UpdateContext<'_>) -> Option<Intent> {
        let Reply::Response(response) = reply else { return None };
        if let Some(intent) = S::on_reply(self, response, ctx) {
            return Some(intent);
        }
        if matches!(response, Response::ListAccounts(_)) && ACCOUNT_FIELDS.into_iter().any(takes_account::<S>) {
            // Typing may have ended meanwhile.
            if !self.filter.is_typing() {
                return Some(Intent::Stay);
            }
            return Some(self.complete_filter(ctx));
        }
        if self.ends.is_reading() && ctx.replied == Some(ReadKey::from(&self.request(Anchor::Start))) {
            self.ends.take_read(S::COPY_ROWS.and_then(|copy| copy(response)));
            return Some(self.read_other_end(ctx));
        }
        let page = self.source.take_page(response, &self.parsed_filter())?;
        page.rows.iter().for_each(|row| self.marks.refresh(row));
        self.set_page(page, ctx);
        let moved = self.read_more(ctx);
        Some(if std::mem::take(&mut self.must_read_again) {
            Intent::All(vec![moved, self.list_again()])
        } else if self.source.is_uncounted() {
            let anchor = self.rows.current_anchor();
            Intent::All(vec![moved, self.read_rows(anchor)])
        } else {
            moved
        })
    }

    fn on_data(&mut self, response: &Response, _ctx: &UpdateContext<'_>) {
        S::on_data(self, response);
    }

    fn damaged(&self, response: &Response) -> Option<Damaged> {
        S::damaged(response)
    }

    fn on_read_error(&mut self, error: Error, ctx: &UpdateContext<'_>) -> Intent {
        if ctx.replied != Some(ReadKey::from(&self.request(Anchor::Start))) {
            return ctx.report_read_error(&error);
        }
        if self.ends.is_reading() {
            // The next jump reads the rows itself, and reports the error.
            self.ends.take_read(None);
            return Intent::Stay;
        }
        let must_notify = self.rows.set_error(&error);
        if self.rows.is_denied() {
            self.filter.stop_typing();
        }
        if must_notify { Intent::Notify(NoticeId::Error(error.kind), error.to_string()) } else { Intent::Stay }
    }

    fn on_batch_done(&mut self) {
        self.source.on_batch_done();
        // The work takes the tokens of a query that it counted. Marks would take those that match later.
        if self.marks.is_by_query() {
            self.marks.clear();
        }
    }

    fn on_change(&mut self, outcome: &mut Outcome, ctx: &UpdateContext<'_>) -> Intent {
        S::on_change(self, outcome, ctx)
    }

    fn on_go(&mut self, destination: &Destination, ctx: &UpdateContext<'_>) -> Intent {
        S::on_go(self, destination, ctx)
    }

    fn on_answer(&mut self, answer: DialogResult) -> Intent {
        let DialogResult::Filter(text) = answer else { return S::on_answer(self, answer) };
        self.filter.set(&text);
        self.filter.stop_typing();
        self.list(Anchor::Start)
    }

    fn focused_input(&mut self) -> Option<&mut TextInput> {
        self.filter.focused_input()
    }

    fn on_edit(&mut self, ctx: &UpdateContext<'_>) -> Intent {
        self.filter_rows(Anchor::Start, ctx)
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        self.draw(frame, area, model);
    }

    /// A click on the row under the cursor has the effect of Enter.
    fn click_target(&self, at: Position, model: &Model) -> Option<ClickTarget> {
        match layout::part_at(at, self.columns(model.size.0), model.size.1)? {
            ListPart::Filter => Some(ClickTarget::Key(Action::Filter)).filter(|_| S::HAS_FILTER),
            ListPart::Row(shown) => {
                let row = self.rows.first_visible() + shown;
                if row == self.rows.cursor().position() && !self.filter.is_typing() {
                    return keymap::enter_action(self.context()).map(ClickTarget::Key);
                }
                (row < self.rows.all().len()).then_some(ClickTarget::Item(row))
            }
        }
    }

    fn on_click(&mut self, row: usize, ctx: &UpdateContext<'_>) -> Intent {
        self.filter.stop_typing();
        self.marks.end_range();
        self.rest.end();
        self.rows.go_to(row, ctx.rows);
        self.on_cursor_moved(ctx)
    }

    fn waits_for_rows(&self, action: Option<Action>, ctx: &UpdateContext<'_>) -> bool {
        let leaves_loaded = || action.is_some_and(|action| self.rows.leaves_loaded(action, ctx.rows));
        self.is_reading_rows(ctx) && (self.rows.is_outdated() || leaves_loaded())
    }

    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        self.rows.track_filter_origin(action);
        let was_typing = self.filter.is_typing();
        if !matches!(action, Action::ExtendDown | Action::ExtendUp) {
            self.marks.end_range();
        }
        if !was_typing {
            // Esc clears marks before it clears the filter.
            if action == Action::Cancel && !self.marks.is_empty() {
                self.marks.clear();
                return Intent::Stay;
            }
            if let Some(intent) = S::on_action(self, action, ctx) {
                return intent;
            }
        }
        if action == Action::CompleteFilter {
            return self.complete_filter(ctx);
        }
        match self.filter.on_action(action) {
            Some(FilterChange::Unchanged) => return Intent::Stay,
            Some(FilterChange::Cleared) => {
                let anchor = self.rows.anchor_without_filter(was_typing);
                return self.filter_rows(anchor, ctx);
            }
            None => {}
        }
        match action {
            // An end within the loaded rows is reached at once: the keys that follow must not be overtaken by a reply. A log
            // is read in any case: a pending reply with the newest rows would take the cursor back to the start.
            Action::First if self.rows.has_before() || S::Row::NEWEST_FIRST => self.jump(Anchor::Start, ctx),
            Action::Last if self.rows.has_after() || S::Row::NEWEST_FIRST => self.jump(Anchor::End, ctx),
            Action::Refresh => Intent::All(vec![self.list_again(), self.read_marked()]),
            Action::Mark => self.mark_current(ctx),
            Action::Filters => Intent::push(FiltersDialog::new(S::ID)),
            Action::SaveFilter if self.filter.is_empty() => {
                Intent::Notify(NoticeId::NoEffect, "There is no filter to save".to_owned())
            }
            Action::SaveFilter => Intent::push(SaveFilterDialog::new(S::ID, self.filter.text())),
            Action::ExtendDown => self.extend_marks(Action::Down, ctx),
            Action::ExtendUp => self.extend_marks(Action::Up, ctx),
            Action::Cancel => Intent::Go(Destination::Screen(ScreenId::TOKENS)),
            _ if self.move_cursor(action, ctx) => self.on_cursor_moved(ctx),
            _ => self.current().map_or(Intent::Stay, |row| row.on_action(action, ctx)),
        }
    }
}
