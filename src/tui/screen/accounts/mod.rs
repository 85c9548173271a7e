//! The accounts screen: names, roles, states and token counts. All accounts are loaded.

mod dialogs;
mod filter;

use std::rc::Rc;

use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::list::list_screen::{ListScreen, Source};
use super::list::loaded_rows::{Anchor, ListRow, Page};
use crate::domain::account::{Account, AccountId};
use crate::domain::contact::Contact;
use crate::domain::time::ago;
use crate::tui::component::{Damaged, Destination, Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::account::set_role::describe_role;
use crate::tui::model::Model;
use crate::tui::outcome::{Outcome, Subject};
use crate::tui::text_fit::{count_noun, cut, fit, fold, group_digits};
use crate::tui::theme::Theme;
use crate::tui::widget::table_columns::{Cell, TableColumns, TableSpec};
use crate::verbs::accounts::{AccountDetails, AccountWithCounts, DeleteAccount, ListAccounts, ShowAccount};
use crate::verbs::request::{Request, Response};
use filter::AccountFilter;

/// Width of a number. The account's creation date has a wider gap before it.
const NUMBER_COLUMNS: usize = 7;

pub type Accounts = ListScreen<AllAccounts>;

/// All accounts that the signed-in account may see.
#[derive(Default)]
pub struct AllAccounts {
    /// `None` until they have arrived.
    accounts: Option<Vec<Rc<AccountWithCounts>>>,
    /// More data about the account under the cursor.
    details: Option<AccountDetails>,
}

impl ListRow for Rc<AccountWithCounts> {
    type Key = AccountId;

    fn key(&self) -> AccountId {
        self.account.id
    }
}

impl AllAccounts {
    /// Returns when a token of the account was last used, if loaded.
    fn last_seen_text(&self, row: &AccountWithCounts, model: &Model) -> Option<String> {
        let shown = self.details.as_ref().filter(|shown| shown.counted.account.id == row.account.id)?;
        Some(shown.last_seen_at.map_or_else(|| "never".to_owned(), |at| ago(at, model.now)))
    }

    fn is_last_owner(&self, account: &Account) -> bool {
        let mut owners = self.accounts.iter().flatten().filter(|row| row.account.is_enabled_owner());
        self.accounts.is_some() && account.is_enabled_owner() && owners.all(|row| row.account.id == account.id)
    }

    fn insert(&mut self, changed: &AccountWithCounts) {
        let Some(accounts) = &mut self.accounts else { return };
        match accounts.iter_mut().find(|row| row.account.id == changed.account.id) {
            Some(row) => *row = Rc::new(changed.clone()),
            None => {
                let at = accounts.partition_point(|row| row.account.username < changed.account.username);
                accounts.insert(at, Rc::new(changed.clone()));
            }
        }
    }
}

impl Source for AllAccounts {
    type Row = Rc<AccountWithCounts>;
    type Filter = AccountFilter;
    const ID: &'static str = "accounts";
    const CONTEXT: Context = Context::Accounts;
    const ORDER: &'static str = "↓ name";
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

    fn request(&self, _filter: AccountFilter, _anchor: Anchor<AccountId>, _limit: usize) -> Request {
        ListAccounts.into()
    }

    fn details_request(&self, row: &Rc<AccountWithCounts>) -> Option<Request> {
        Some(ShowAccount { username: row.account.username.clone() }.into())
    }

    fn take_page(&mut self, response: &mut Response, filter: &AccountFilter) -> Option<Page<Rc<AccountWithCounts>>> {
        let Response::ListAccounts(list) = response else { return None };
        self.accounts = Some(std::mem::take(&mut list.accounts).into_iter().map(Rc::new).collect());
        self.filtered(filter)
    }

    fn filtered(&self, filter: &AccountFilter) -> Option<Page<Rc<AccountWithCounts>>> {
        let matching = self.accounts.as_ref()?.iter().filter(|row| filter.matches(&row.account));
        Some(Page::whole(matching.cloned().collect()))
    }

    fn damaged(response: &Response) -> Option<Damaged> {
        let Response::ListAccounts(list) = response else { return None };
        Some(Damaged::new(list.unreadable.iter().map(|id| format!("account {id}")).collect()))
    }

    fn on_data(list: &mut Accounts, response: &Response) {
        if let Response::ShowAccount(shown) = response {
            list.source.details = Some(shown.clone());
        }
    }

    fn on_change(list: &mut Accounts, outcome: &mut Outcome, ctx: &UpdateContext<'_>) -> Intent {
        let Subject::Accounts(changed) = &outcome.subject else { return Intent::Stay };
        if outcome.is::<DeleteAccount>() || !list.rows.is_loaded() {
            return Intent::Stay;
        }
        changed.iter().for_each(|counted| list.source.insert(counted));
        list.rows.set_target(changed.last().map(|counted| counted.account.id));
        list.filter_rows(list.rows.current_anchor(), ctx)
    }

    fn on_go(list: &mut Accounts, destination: &Destination, ctx: &UpdateContext<'_>) -> Intent {
        let Destination::AccountDialog(counted, action) = destination else { return Intent::Stay };
        list.filter.clear();
        list.rows.set_target(Some(counted.account.id));
        let dialog = action.map_or(Intent::Stay, |action| dialogs::open_about_account(list, counted, action, ctx));
        Intent::All(vec![list.list_again(), dialog])
    }

    fn on_action(list: &mut Accounts, action: Action, ctx: &UpdateContext<'_>) -> Option<Intent> {
        let username = || list.current().map(|row| &row.account.username);
        match action {
            Action::Details => Some(Intent::Go(Destination::TokensOf(username()?.clone()))),
            Action::CopyName => Some(Intent::copy(username()?.as_str())),
            _ => dialogs::open(list, action, ctx),
        }
    }

    fn is_enabled(list: &Accounts, action: Action, model: &Model) -> bool {
        match action {
            Action::CreateAccount
            | Action::SetRole
            | Action::SetEnabled
            | Action::SetPassword
            | Action::SetContact
            | Action::DeleteAccount => dialogs::may_open(list, action, model),
            _ => true,
        }
    }

    fn label(list: &Accounts, action: Action, _model: &Model) -> Option<&'static str> {
        let current = list.current().filter(|_| action == Action::SetEnabled)?;
        Some(if current.account.enabled { "Disable" } else { "Enable" })
    }

    fn cells(&self, row: &Rc<AccountWithCounts>, filter: &AccountFilter, _: &TableColumns, model: &Model) -> Vec<Cell> {
        let (plain, theme) = (Style::new(), &model.theme);
        let (state, style) = state_label(&row.account, theme);
        let count = |number: u32| {
            let grouped = group_digits(number.into());
            let text = if grouped.len() > NUMBER_COLUMNS { number.to_string() } else { grouped };
            Cell::new(format!("{text:>NUMBER_COLUMNS$}"), if number == 0 { theme.dim } else { plain })
        };
        vec![
            Cell::matching(row.account.username.as_str(), plain, &filter.words, None),
            Cell::new(row.account.role.as_str(), plain),
            Cell::new(state, style),
            count(row.tokens.active),
            count(row.tokens.live),
            count(row.tokens.trashed),
            Cell::new(format!(" {}", ago(row.account.created_at, model.now)), plain),
        ]
    }

    fn about(&self, row: &Rc<AccountWithCounts>, model: &Model) -> [String; 2] {
        let account = &row.account;
        let seen = self.last_seen_text(row, model).map_or_else(String::new, |seen| format!(" · last seen {seen}"));
        let first = format!("{}  {}{seen}", account.username, count_noun(row.tokens.active.into(), "active token"));
        let state = match (account.enabled, account.temporary_password) {
            (false, _) => "The account is disabled: no sign-in, and its tokens are denied",
            (true, true) => "The password is temporary: the account must replace it at the next sign-in",
            (true, false) => describe_role(account.role),
        };
        [first, state.to_owned()]
    }

    fn pane_lines(&self, row: &Rc<AccountWithCounts>, pane: Rect, model: &Model) -> Vec<Line<'static>> {
        let columns = usize::from(pane.width);
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
            fact("Password", if account.temporary_password { "temporary" } else { "not temporary" }, Style::new()),
            fact("Contact", account.contact.as_ref().map_or("none", Contact::as_str), Style::new()),
            fact("Tokens", &token_counts, Style::new()),
            fact("Trash", &group_digits(tokens.trashed.into()), Style::new()),
            fact("Last seen", &self.last_seen_text(row, model).unwrap_or_default(), Style::new()),
            fact("Created", &created, Style::new()),
            Line::default(),
        ];
        lines.extend(fold(describe_role(account.role), columns).into_iter().map(|line| Line::styled(line, theme.dim)));
        lines
    }

    fn count(list: &Accounts) -> String {
        let total = group_digits(list.source.accounts.as_ref().map_or(0, Vec::len) as u64);
        match list.rows.position().filter(|_| !list.is_filtered()) {
            Some(above) => format!("{} of {total}", group_digits(above + 1)),
            None => format!("{} of {total} match", group_digits(list.rows.all().len() as u64)),
        }
    }

    fn empty_text(&self, _model: &Model) -> &'static str {
        "There are no accounts that you can see."
    }
}

/// Returns glyph and word of an account's state. "Temporary" refers to its password.
fn state_label(account: &Account, theme: &Theme) -> (&'static str, Style) {
    match (account.enabled, account.temporary_password) {
        (true, false) => ("● enabled", theme.good),
        (true, true) => ("◐ temporary", theme.warning),
        (false, _) => ("○ disabled", theme.dim),
    }
}
