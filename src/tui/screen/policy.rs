//! The policy screen: each rule with its value, its default and its meaning.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::list_layout::{self, ScreenParts, plain_line};
use super::workspace::ScreenId;
use crate::domain::policy::Policy;
use crate::domain::role::Role;
use crate::tui::component::{Component, Destination, Intent, Reply, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::edit_policy::EditPolicyDialog;
use crate::tui::model::Model;
use crate::tui::outcome::{Outcome, Subject};
use crate::tui::widget::list_cursor::Cursor;
use crate::tui::widget::text_fit::{fit, width};
use crate::verbs::policy::ListPolicy;
use crate::verbs::request::Response;

/// Prefix of every rule key.
pub const KEY_PREFIX: &str = "policy.";
/// Widths of a rule, its value and its default.
const RULE_COLUMNS: usize = 15;
const VALUE_COLUMNS: usize = 9;
/// Minimum width at which a meaning is shown.
const MIN_MEANING_COLUMNS: usize = 20;

/// Returns the meaning of a rule, in a few words and in full; both without a full stop. Both are empty for an unknown
/// key.
pub fn describe_rule(key: &str) -> (&'static str, &'static str) {
    match key.strip_prefix(KEY_PREFIX).unwrap_or(key) {
        "self_service" => {
            ("Members manage their own tokens", "If off, members and viewers can't create or change their own tokens")
        }
        "active_tokens" => ("Active tokens per account", "Maximum number of active tokens per account; 0 = no limit"),
        "kept_tokens" => {
            ("Tokens per account in total", "Maximum number of tokens per account, trash included; 0 = no limit")
        }
        "default_expiry" => ("Default expiry", "Default expiry of a new token; never = the token does not expire"),
        "max_expiry" => {
            ("Longest expiry", "Longest expiry that can be set; none = no limit. Existing tokens are unchanged")
        }
        "trash" => ("Trash retention", "Time for which revoked tokens can be restored, also those in the trash now"),
        "ledger_keep" => {
            ("Usage retention", "Time for which jeton keeps uses and denied attempts; older rows are deleted")
        }
        _ => ("", ""),
    }
}

/// State of the policy screen.
#[derive(Default)]
pub struct PolicyScreen {
    policy: Option<Policy>,
    cursor: Cursor,
}

impl PolicyScreen {
    /// Returns key and value of the rule under the cursor.
    pub fn current(&self) -> Option<(&'static str, String)> {
        self.policy.as_ref()?.pairs().into_iter().nth(self.cursor.position())
    }

    /// Opens the form for the rule under the cursor.
    fn edit_rule(&self) -> Option<Intent> {
        let (key, value) = self.current()?;
        Some(Intent::push(EditPolicyDialog::new(self.policy.clone()?, key, value)))
    }

    fn table(&self, area: Rect, model: &Model) -> Vec<Line<'static>> {
        let theme = &model.theme;
        let columns = usize::from(area.width);
        let room = columns.saturating_sub(2 + RULE_COLUMNS + 1 + VALUE_COLUMNS + 1 + VALUE_COLUMNS + 1);
        // Cut to a letter or two the meaning is useless; the line below shows it in any case.
        let room = if room < MIN_MEANING_COLUMNS { 0 } else { room };
        let means = if room > 0 { "MEANING" } else { "" };
        let head = format!(
            "  {} {} {} {means}",
            fit("RULE", RULE_COLUMNS),
            fit("VALUE", VALUE_COLUMNS),
            fit("DEFAULT", VALUE_COLUMNS)
        );
        let mut lines = vec![Line::styled(fit(&head, columns), theme.dim)];
        let Some(policy) = &self.policy else { return lines };
        let defaults = Policy::default().pairs();
        let shown = self.cursor.visible_rows(usize::from(area.height).saturating_sub(1));
        for (at, ((key, value), (_, default))) in policy.pairs().into_iter().zip(defaults).enumerate() {
            if !shown.contains(&at) {
                continue;
            }
            let is_current = at == self.cursor.position();
            let base = if is_current { theme.selected } else { Style::new() };
            let over = |style: Style| if is_current { base } else { style };
            let own = if value == default { base } else { over(theme.strong) };
            let name = key.strip_prefix(KEY_PREFIX).unwrap_or(key);
            lines.push(Line::from(vec![
                Span::styled(format!("{}{} ", if is_current { "▶ " } else { "  " }, fit(name, RULE_COLUMNS)), base),
                Span::styled(fit(&value, VALUE_COLUMNS), own),
                Span::styled(format!(" {} ", fit(&default, VALUE_COLUMNS)), over(theme.dim)),
                Span::styled(fit(describe_rule(key).0, room.min(width(describe_rule(key).0))), base),
            ]));
        }
        lines
    }
}

impl Component for PolicyScreen {
    fn id(&self) -> &'static str {
        "policy"
    }

    fn context(&self) -> Context {
        Context::Policy
    }

    fn is_enabled(&self, action: Action, model: &Model) -> bool {
        action != Action::EditPolicy || model.is_by_person_with(Role::Owner)
    }

    fn on_open(&mut self, _ctx: &UpdateContext<'_>) -> Intent {
        Intent::read(ListPolicy)
    }

    fn on_change(&mut self, outcome: &mut Outcome, _ctx: &UpdateContext<'_>) -> Intent {
        if let Subject::Policy(policy) = &outcome.subject {
            self.policy = Some(policy.clone());
        }
        Intent::Stay
    }

    fn on_resize(&mut self, rows: usize) {
        self.cursor.keep_visible(Policy::default().pairs().len(), rows);
    }

    fn on_reply(&mut self, reply: &mut Reply, _ctx: &UpdateContext<'_>) -> Option<Intent> {
        let Reply::Response(Response::ListPolicy(policy)) = reply else { return None };
        self.policy = Some(policy.clone());
        Some(Intent::Stay)
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let columns = usize::from(area.width);
        let right = if self.policy.is_some() { "" } else { "reading… " };
        let (about, note) = match self.current() {
            Some((key, _)) if model.role() == Role::Owner => (describe_rule(key).1.to_owned(), key.to_owned()),
            Some((key, _)) => (describe_rule(key).1.to_owned(), format!("{key}   only owners can change this rule")),
            None => Default::default(),
        };
        let around = ScreenParts {
            head: vec![Span::styled("Policy", model.theme.strong)],
            second: plain_line(right, columns, model),
            about: [about, note],
            undo: None,
        };
        let body = list_layout::draw(frame, area, around, model);
        frame.render_widget(Paragraph::new(self.table(body, model)), body);
    }

    fn on_action(&mut self, action: Action, ctx: &UpdateContext<'_>) -> Intent {
        match action {
            Action::Refresh => self.on_open(ctx),
            Action::Cancel => Intent::Go(Destination::Screen(ScreenId::Tokens)),
            Action::EditPolicy => self.edit_rule().unwrap_or(Intent::Stay),
            _ => {
                self.cursor.move_by(action, Policy::default().pairs().len(), ctx.rows);
                Intent::Stay
            }
        }
    }
}
