//! The form for one rule of the policy, with the right kind of input.

use ratatui::style::Style;

use super::confirm_change::{PendingMutation, Retry};
use super::shown_tokens::describe_reread;
use crate::domain::policy::Policy;
use crate::tui::component::{Intent, Reply, UpdateContext};
use crate::tui::model::Model;
use crate::tui::widget::choices::{Choices, OneOf};
use crate::tui::widget::form::{Dialog, Form, PressResult, Problem, fields};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::impact::{GetImpact, Impact, Removal};
use crate::verbs::policy::SetPolicy;
use crate::verbs::request::{Request, Response};

/// Prefix of every rule key.
pub const KEY_PREFIX: &str = "policy.";

/// Returns the meaning of a rule, in a few words and in full; both without a full stop. Both are empty for an unknown
/// key.
pub fn describe_rule(key: &str) -> (&'static str, &'static str) {
    match key.strip_prefix(KEY_PREFIX).unwrap_or(key) {
        "self_service" => (
            "Members manage their own tokens",
            "If off, members and viewers can only view, disable and revoke their own tokens",
        ),
        "active_tokens" => ("Active tokens per account", "Maximum number of active tokens per account; 0 = no limit"),
        "kept_tokens" => {
            ("Tokens per account in total", "Maximum number of tokens per account, trash included; 0 = no limit")
        }
        "default_expiry" => ("Default expiry", "Default expiry of a new token; never = the token does not expire"),
        "max_expiry" => {
            ("Longest expiry", "Longest expiry that can be set; none = no limit. Existing tokens are unchanged")
        }
        "trash" => {
            ("Trash retention", "Time for which revoked tokens can be restored. Includes tokens already in the trash")
        }
        "ledger_keep" => {
            ("Usage retention", "Time for which jeton keeps uses and denied attempts; older rows are deleted")
        }
        _ => ("", ""),
    }
}

fields! { EditPolicyDialog, form:
    /// The choice of a word.
    Choice if form.options.count() > 0 => Choice(&mut form.options),
    Text if form.is_text() => Text(&mut form.text),
    Button => Button,
}

/// The form for one rule.
pub struct EditPolicyDialog {
    key: &'static str,
    before: String,
    /// The words to choose from; empty if the value is always typed.
    options: OneOf<&'static str>,
    text: TextInput,
    /// A hint for typed values, with examples; empty if the value is never typed.
    hint: &'static str,
    policy: Policy,
}

/// A change of one rule.
#[derive(Debug, Clone)]
struct RuleChange {
    title: String,
    about: String,
    verb: SetPolicy,
}

impl RuleChange {
    fn removal(&self) -> Removal {
        Removal::Policy(self.verb.changes.clone())
    }

    /// Returns the change of exactly what `impact` shows.
    fn seeing(mut self, impact: &Impact) -> Self {
        self.verb.confirm = Some(impact.lost.trashed).filter(|count| *count > 0);
        self.verb.expected_trash = Some(impact.set);
        self
    }

    /// Returns the change to confirm. The number of tokens that can't be restored any more must be typed; the verb
    /// compares it again.
    fn pending(self) -> PendingMutation {
        let (lost, removal) = (self.verb.confirm.unwrap_or(0), self.removal());
        PendingMutation::new(self.title.clone(), self.about.clone(), self)
            .confirmed_by("Type the number", lost)
            .taking(removal)
    }
}

impl Retry for RuleChange {
    fn request(&self) -> Request {
        self.verb.clone().into()
    }

    fn on_reply(&self, response: &mut Response) -> Option<(PendingMutation, String)> {
        let Response::GetImpact(impact) = response else { return None };
        let renewed = || (self.clone().seeing(impact).pending(), describe_reread("tokens in the trash"));
        (self.verb.expected_trash != Some(impact.set)).then(renewed)
    }
}

const SPAN_HINT: &str = "a span: 12h, 30d, 6mo, 1y";
/// The choice that means a typed time span.
const SPAN_OPTION: &str = "a span";

impl EditPolicyDialog {
    /// Opens the form for the rule `key` of `policy`, whose current value is `before`.
    pub fn new(policy: Policy, key: &'static str, before: String) -> Form<Self> {
        let (options, hint): (&[&str], &str) = match key {
            "policy.self_service" => (&["on", "off"], ""),
            "policy.active_tokens" | "policy.kept_tokens" => (&[], "a whole number; 0 = no limit"),
            "policy.default_expiry" => (&[SPAN_OPTION, "never"], SPAN_HINT),
            "policy.max_expiry" => (&[SPAN_OPTION, "none"], SPAN_HINT),
            _ => (&[], SPAN_HINT),
        };
        let typed = if options.contains(&before.as_str()) { "" } else { before.as_str() };
        let typed = TextInput::new(32).with(typed);
        let place = options.iter().position(|word| *word == before).unwrap_or(0);
        let mut choice = OneOf::new(options.to_vec(), &SPAN_OPTION);
        choice.select(place);
        Form::new(EditPolicyDialog { key, before, options: choice, text: typed, hint, policy })
    }

    fn is_text(&self) -> bool {
        self.options.get().is_none_or(|word| *word == SPAN_OPTION)
    }

    /// Returns the entered change.
    fn change(&self) -> Result<RuleChange, Problem<Field>> {
        let at = if self.is_text() { Field::Text } else { Field::Choice };
        let mut policy = self.policy.clone();
        policy.set(self.key, self.value()).map_err(|e| Problem::at(at, e))?;
        if policy == self.policy {
            return Err(Problem::at(at, format!("The rule already has the value {}", self.before)));
        }
        let (name, value) = (self.key.strip_prefix(KEY_PREFIX).unwrap_or(self.key), self.value().to_owned());
        Ok(RuleChange {
            title: format!("Change {name}"),
            about: format!("The rule changes from {} to {value}.", self.before),
            verb: SetPolicy::new(vec![(self.key.to_owned(), value)], Some(self.policy.clone())),
        })
    }

    fn value(&self) -> &str {
        self.options.get().copied().filter(|word| *word != SPAN_OPTION).unwrap_or_else(|| self.text.text().trim())
    }
}

impl Dialog for EditPolicyDialog {
    const LABEL_WIDTH: usize = 10;

    fn id(&self) -> &'static str {
        "edit-policy"
    }

    fn title(&self) -> String {
        self.key.to_owned()
    }

    /// Reads the impact first, so that the confirmation asks for a number from the beginning if it needs one.
    fn press(&mut self, _field: Field, _ctx: &UpdateContext<'_>) -> PressResult<Field> {
        self.change().map(|change| Intent::query(GetImpact { removal: change.removal() }))
    }

    fn on_reply(&mut self, reply: &mut Reply, ctx: &UpdateContext<'_>) -> Option<PressResult<Field>> {
        let Reply::Response(Response::GetImpact(impact)) = reply else { return None };
        Some(self.change().map(|change| change.seeing(impact).pending().confirm(ctx)))
    }

    fn on_data(&mut self, response: &Response, _ctx: &UpdateContext<'_>) {
        let Response::ListPolicy(policy) = response else { return };
        if let Some((_, now)) = policy.pairs().into_iter().find(|(key, _)| *key == self.key) {
            (self.policy, self.before) = (policy.clone(), now);
        }
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, _model: &Model) {
        let theme = layout.theme;
        layout.text_line(&format!("{}.", describe_rule(self.key).1), Style::new());
        layout.pad(3);
        let default = Policy::default().pairs().into_iter().find(|(key, _)| *key == self.key);
        layout.fact("Now", &self.before, theme.strong);
        layout.fact("Default", &default.map(|(_, value)| value).unwrap_or_default(), Style::new());
        let has_words = self.options.count() > 0;
        if has_words {
            layout.choice(Field::Choice, "New", self.options.values(), self.options.selected());
        }
        if self.is_text() {
            layout.text_input(Field::Text, if has_words { "" } else { "New" }, &self.text);
            layout.note(self.hint, theme.dim);
        }
        layout.pad(9);
        layout.button(Field::Button, "Change");
        layout.problem(3);
    }
}
