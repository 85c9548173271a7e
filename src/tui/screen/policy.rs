//! The policy screen: each rule with its value, its default and its meaning.

use ratatui::style::Style;

use super::list::list_screen::{ListScreen, Source};
use super::list::loaded_rows::{Anchor, ListRow, Page};
use crate::domain::policy::Policy;
use crate::domain::role::Role;
use crate::tui::component::{Destination, Intent, UpdateContext};
use crate::tui::keymap::{Action, Context};
use crate::tui::modal::edit_policy::{EditPolicyDialog, KEY_PREFIX, describe_rule};
use crate::tui::model::Model;
use crate::tui::notice::NoticeId;
use crate::tui::outcome::{Outcome, Subject};
use crate::tui::widget::table_columns::{Cell, TableColumns, TableSpec};
use crate::verbs::policy::ListPolicy;
use crate::verbs::request::{Request, Response};

const VALUE_COLUMNS: usize = 9;

pub type PolicyScreen = ListScreen<Rules>;

#[derive(Default)]
pub struct Rules {
    /// `None` until the policy has arrived.
    policy: Option<Policy>,
}

#[derive(Debug, Clone)]
pub struct Rule {
    key: &'static str,
    value: String,
    default: String,
}

impl ListRow for Rule {
    type Key = &'static str;

    fn key(&self) -> &'static str {
        self.key
    }
}

impl Source for Rules {
    type Row = Rule;
    type Filter = ();
    const ID: &'static str = "policy";
    const CONTEXT: Context = Context::Policy;
    const ORDER: &'static str = "";
    const HAS_FILTER: bool = false;
    const HAS_PANE: bool = false;
    /// Narrow screens drop the meaning, which would be cut to a word or two. The line below shows it in any case.
    const TABLE: TableSpec = TableSpec {
        columns: &[("RULE", 15), ("VALUE", VALUE_COLUMNS), ("DEFAULT", VALUE_COLUMNS), ("MEANING", 20)],
        narrower: &[&[(3, 0)]],
        widest: 3,
        ..TableSpec::EMPTY
    };

    fn request(&self, (): (), _anchor: Anchor<&'static str>, _limit: usize) -> Request {
        ListPolicy.into()
    }

    fn take_page(&mut self, response: &mut Response, (): &()) -> Option<Page<Rule>> {
        let Response::ListPolicy(policy) = response else { return None };
        self.policy = Some(policy.clone());
        self.filtered(&())
    }

    fn filtered(&self, (): &()) -> Option<Page<Rule>> {
        let pairs = self.policy.as_ref()?.pairs().into_iter().zip(Policy::default().pairs());
        Some(Page::whole(pairs.map(|((key, value), (_, default))| Rule { key, value, default }).collect()))
    }

    fn on_change(list: &mut PolicyScreen, outcome: &mut Outcome, ctx: &UpdateContext<'_>) -> Intent {
        let Subject::Policy(policy) = &outcome.subject else { return Intent::Stay };
        list.source.policy = Some(policy.clone());
        list.filter_rows(list.rows.current_anchor(), ctx)
    }

    fn on_go(list: &mut PolicyScreen, destination: &Destination, ctx: &UpdateContext<'_>) -> Intent {
        let Destination::Rule(key) = destination else { return Intent::Stay };
        if !Self::is_enabled(list, Action::EditPolicy, ctx.model) {
            return Intent::Notify(
                NoticeId::NoEffect,
                "Only owners who signed in with a password can change a rule".to_owned(),
            );
        }
        list.rows.set_target(Some(*key));
        let policy = ctx.policy();
        let value = policy.pairs().into_iter().find(|(known, _)| known == key).map(|(_, value)| value);
        let dialog = EditPolicyDialog::new(policy, key, value.unwrap_or_default());
        Intent::All(vec![list.list_again(), Intent::push(dialog)])
    }

    fn on_action(list: &mut PolicyScreen, action: Action, _ctx: &UpdateContext<'_>) -> Option<Intent> {
        let rule = list.current().filter(|_| action == Action::EditPolicy)?;
        let policy = list.source.policy.clone()?;
        Some(Intent::push(EditPolicyDialog::new(policy, rule.key, rule.value.clone())))
    }

    fn is_enabled(_list: &PolicyScreen, action: Action, model: &Model) -> bool {
        action != Action::EditPolicy || model.is_by_person_with(Role::Owner)
    }

    fn cells(&self, rule: &Rule, (): &(), _columns: &TableColumns, model: &Model) -> Vec<Cell> {
        let (plain, theme) = (Style::new(), &model.theme);
        vec![
            Cell::new(rule.key.strip_prefix(KEY_PREFIX).unwrap_or(rule.key), plain),
            Cell::new(rule.value.as_str(), if rule.value == rule.default { plain } else { theme.strong }),
            Cell::new(rule.default.as_str(), theme.dim),
            Cell::new(describe_rule(rule.key).0, plain),
        ]
    }

    fn about(&self, rule: &Rule, model: &Model) -> [String; 2] {
        let may_edit = match (model.role(), model.is_by_person()) {
            (Role::Owner, true) => "",
            (Role::Owner, false) => "   a token can't change this rule",
            _ => "   only owners can change this rule",
        };
        [describe_rule(rule.key).1.to_owned(), format!("{}{may_edit}", rule.key)]
    }

    fn count(_list: &PolicyScreen) -> String {
        String::new()
    }

    fn empty_text(&self, _model: &Model) -> &'static str {
        ""
    }
}
