//! Remove: what would break, then the typed name and the password. The verb compares the name, not this dialog.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Modal;
use super::confirm::{Confirm, Wanted};
use super::details::usage_lines;
use crate::domain::expiry::Span as Length;
use crate::domain::name::{TOKEN_NAME_MAX, Username};
use crate::domain::password::{PASSWORD_MAX, Password};
use crate::domain::token::Token;
use crate::error::{Error, Kind};
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::msg::RequestId;
use crate::tui::screen::{Facts, Outcome, Page};
use crate::tui::widget::field::Field;
use crate::tui::widget::foot::keys;
use crate::tui::widget::frame::{dialog, dialog_columns};
use crate::tui::widget::line::{cut, wrap};
use crate::tui::widget::tries::{Tries, wrong_password};
use crate::verbs::actor::Credential;
use crate::verbs::ports::Usage;
use crate::verbs::tokens::{DeleteTokens, DisableTokens, Pointed};

/// What has the focus, in order. The destructive button is never focused by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Name,
    Password,
    Disable,
    Revoke,
}

const SLOTS: [Slot; 4] = [Slot::Name, Slot::Password, Slot::Disable, Slot::Revoke];

/// The dialog that removes a token.
pub struct Remove {
    username: Username,
    token: Token,
    usage: Usage,
    trash: Length,
    typed: Field,
    password: Field,
    slot: usize,
    tries: Tries,
    problem: Option<String>,
    waiting: Option<RequestId>,
}

impl Remove {
    /// The dialog for `token`, which was used as `usage` says and stays in the trash for `trash`.
    pub fn new(username: Username, token: Token, usage: Usage, trash: Length) -> Self {
        Remove {
            username,
            token,
            usage,
            trash,
            typed: Field::new(TOKEN_NAME_MAX * 4),
            password: Field::masked(PASSWORD_MAX),
            slot: 0,
            tries: Tries::default(),
            problem: None,
            waiting: None,
        }
    }

    /// The token it is about.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// How the token was used, where that came later.
    pub fn set_usage(&mut self, usage: Usage) {
        self.usage = usage;
    }

    fn slot(&self) -> Slot {
        SLOTS[self.slot]
    }

    fn matches(&self) -> bool {
        self.typed.text() == self.token.name.as_str()
    }

    fn step(&mut self, back: bool) {
        self.slot = (self.slot + if back { SLOTS.len() - 1 } else { 1 }) % SLOTS.len();
    }

    fn revoke(&mut self) -> Outcome {
        if !self.matches() {
            self.problem = Some(format!("Type the name exactly: {}", self.token.name));
            self.slot = 0;
            return Outcome::Stay;
        }
        if self.password.is_empty() {
            self.problem = Some("Your password is missing".to_owned());
            self.slot = 1;
            return Outcome::Stay;
        }
        self.problem = None;
        let password = Password::typed(self.password.take());
        let verb = DeleteTokens { tokens: vec![Pointed::on_screen(&self.token)], typed: self.typed.text().to_owned() };
        Outcome::Send(Credential::password(self.username.clone(), password), verb.into())
    }

    /// With the password typed already it is not asked for again.
    fn disable_instead(&mut self) -> Outcome {
        let verb = DisableTokens { tokens: vec![Pointed::on_screen(&self.token)] };
        if !self.password.is_empty() {
            self.problem = None;
            let password = Password::typed(self.password.take());
            return Outcome::Send(Credential::password(self.username.clone(), password), verb.into());
        }
        let about = format!("{} is denied from the next request on and can be enabled again.", self.token.name);
        let title = format!("Disable {}", self.token.name);
        let confirm = Confirm::new(title, about, self.username.clone(), Wanted::Disable(verb));
        Outcome::Push(Modal::Confirm(Box::new(confirm)))
    }

    /// Draws the dialog.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let theme = &model.theme;
        let columns = dialog_columns(area);
        let mut lines = usage_lines(&self.token, &self.usage, columns, model);
        lines.resize(4, Line::default());
        let trash = format!("Denied from the next request on. Stays in the trash for {}.", self.trash.words());
        lines.push(Line::raw(cut(&trash, columns)));
        lines.push(Line::default());
        let row = |slot: Slot, label: &'static str, field: &Field| {
            let focused = self.slot() == slot;
            let mut spans = vec![Span::styled(label, if focused { theme.accent } else { theme.dim })];
            spans.extend(field.spans(columns.saturating_sub(26).min(40), focused, theme));
            Line::from(spans)
        };
        lines.push(Line::from(vec![
            Span::styled("Its name                  ", theme.dim),
            Span::styled(cut(self.token.name.as_str(), columns.saturating_sub(26)), theme.strong),
        ]));
        lines.push(row(Slot::Name, "Type it to confirm        ", &self.typed));
        lines.push(row(Slot::Password, "Your password             ", &self.password));
        let problem = self.problem.as_deref().unwrap_or("");
        let mut said: Vec<Line<'static>> =
            wrap(problem, columns).into_iter().take(2).map(|l| Line::styled(l, theme.danger)).collect();
        said.resize(3, Line::default());
        lines.extend(said);
        let revoke = match (self.slot() == Slot::Revoke, self.matches()) {
            (true, _) => theme.selected,
            (false, true) => theme.danger,
            (false, false) => theme.dim,
        };
        let disable = if self.slot() == Slot::Disable { theme.selected } else { theme.strong };
        lines.push(Line::from(vec![
            Span::styled("[ Disable instead ]", disable),
            Span::raw("  "),
            Span::styled("[ I understand the consequences, revoke this token ]", revoke),
        ]));
        lines.push(Line::default());
        let focus = match self.slot() {
            Slot::Name => 7,
            Slot::Password => 8,
            Slot::Disable | Slot::Revoke => 12,
        };
        let foot = keys(self.context(), model, columns);
        dialog(frame, area, &format!("Remove {}", self.token.full_name()), lines, focus, foot, theme);
    }
}

impl Page for Remove {
    fn context(&self) -> Context {
        match self.slot() {
            Slot::Name | Slot::Password => Context::Form,
            Slot::Disable | Slot::Revoke => Context::Button,
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        match self.slot() {
            Slot::Name => Some(&mut self.typed),
            Slot::Password => Some(&mut self.password),
            Slot::Disable | Slot::Revoke => None,
        }
    }

    fn act(&mut self, action: Action, _facts: &Facts<'_>) -> Outcome {
        match (action, self.slot()) {
            (Action::Enter, Slot::Revoke) => return self.revoke(),
            (Action::Enter, Slot::Disable) => return self.disable_instead(),
            (Action::Enter | Action::Next | Action::Down, _) => self.step(false),
            (Action::Previous | Action::Up, _) => self.step(true),
            (Action::Cancel, _) => return Outcome::Close,
            _ => {}
        }
        Outcome::Stay
    }

    fn waiting(&mut self) -> Option<&mut Option<RequestId>> {
        Some(&mut self.waiting)
    }

    fn edited(&mut self) -> Outcome {
        self.problem = None;
        Outcome::Stay
    }

    fn refused(&mut self, error: Error) -> Outcome {
        if error.kind == Kind::Unauthenticated {
            self.slot = 1;
        }
        if let Some(last) = self.tries.used_up_by(&error) {
            return Outcome::Refuse(last);
        }
        self.problem = Some(wrong_password(&error));
        Outcome::Stay
    }
}
