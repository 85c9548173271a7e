//! The form for one rule of the policy, with the right kind of input.

use ratatui::style::Style;

use super::confirm::Wanted;
use crate::domain::policy::Policy;
use crate::tui::model::Model;
use crate::tui::screen::policy::{HEAD, meaning};
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::choices::{Choices, OneOf};
use crate::tui::widget::form::{Dialog, FieldKind, Form, PressResult, Problem};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::policy::SetPolicy;

/// The focused part of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The choice of a word.
    Choice,
    /// The typed value.
    Typed,
    /// The button.
    Button,
}

/// The form for one rule.
pub struct Rule {
    key: &'static str,
    before: String,
    /// The words to choose from; empty if the value is always typed.
    words: OneOf<&'static str>,
    typed: TextInput,
    /// A hint for typed values, with examples; empty if the value is never typed.
    hint: &'static str,
    policy: Policy,
}

const SPAN: &str = "a span: 12h, 30d, 6mo, 1y";
/// The choice that means a typed time span.
const A_SPAN: &str = "a span";

impl Rule {
    /// Opens the form for the rule `key` of `policy`, whose current value is `before`.
    pub fn open(policy: Policy, key: &'static str, before: String) -> Form<Self> {
        let (words, hint): (&[&str], &str) = match key {
            "policy.self_service" => (&["on", "off"], ""),
            "policy.active_tokens" | "policy.kept_tokens" => (&[], "a whole number; 0 = no limit"),
            "policy.default_expiry" => (&[A_SPAN, "never"], SPAN),
            "policy.max_expiry" => (&[A_SPAN, "none"], SPAN),
            _ => (&[], SPAN),
        };
        let typed = if words.contains(&before.as_str()) { "" } else { before.as_str() };
        let typed = TextInput::new(32).with(typed);
        let place = words.iter().position(|word| *word == before).unwrap_or(0);
        let mut words = OneOf::new(words.to_vec(), &A_SPAN);
        words.select(place);
        Form::new(Rule { key, before, words, typed, hint, policy })
    }

    fn is_typed(&self) -> bool {
        self.words.get().is_none_or(|word| *word == A_SPAN)
    }

    fn value(&self) -> &str {
        self.words.get().copied().filter(|word| *word != A_SPAN).unwrap_or_else(|| self.typed.text().trim())
    }
}

impl Dialog for Rule {
    type Field = Slot;
    const LABEL_WIDTH: usize = 10;

    fn title(&self) -> String {
        self.key.to_owned()
    }

    fn fields(&self) -> Vec<(Slot, FieldKind)> {
        let choice = (self.words.count() > 0).then_some((Slot::Choice, FieldKind::Choice));
        let typed = self.is_typed().then_some((Slot::Typed, FieldKind::Text));
        choice.into_iter().chain(typed).chain([(Slot::Button, FieldKind::Button)]).collect()
    }

    fn text_input(&mut self, slot: Slot) -> Option<&mut TextInput> {
        match slot {
            Slot::Typed => Some(&mut self.typed),
            Slot::Choice | Slot::Button => None,
        }
    }

    fn choices(&mut self, slot: Slot) -> Option<&mut dyn Choices> {
        (slot == Slot::Choice).then_some(&mut self.words)
    }

    fn press(&mut self, _slot: Slot, _facts: &Facts<'_>) -> PressResult<Slot> {
        let at = if self.is_typed() { Slot::Typed } else { Slot::Choice };
        let mut policy = self.policy.clone();
        policy.set(self.key, self.value()).map_err(|e| Problem::at(at, e))?;
        if policy == self.policy {
            return Err(Problem::at(at, format!("It is {} already", self.before)));
        }
        let (name, value) = (self.key.strip_prefix(HEAD).unwrap_or(self.key), self.value().to_owned());
        let about = format!("It is {}, and will be {value}. Tokens that exist keep what they have.", self.before);
        let verb = SetPolicy { changes: vec![(self.key.to_owned(), value)] };
        Ok(Outcome::Confirm(Wanted::new(format!("Change {name}"), about, verb)))
    }

    fn draw(&self, layout: &mut FormLayout<'_, Slot>, _model: &Model) {
        let theme = layout.theme;
        layout.paragraph(&format!("{}.", meaning(self.key).1), 2, Style::new());
        layout.pad(3);
        let default = Policy::default().pairs().into_iter().find(|(key, _)| *key == self.key);
        layout.fact("Now", &self.before, theme.strong);
        layout.fact("Default", &default.map(|(_, value)| value).unwrap_or_default(), Style::new());
        let has_words = self.words.count() > 0;
        if has_words {
            layout.choice(Slot::Choice, "New", self.words.values(), self.words.selected());
        }
        if self.is_typed() {
            layout.text_input(Slot::Typed, if has_words { "" } else { "New" }, &self.typed);
            layout.note(self.hint, theme.dim);
        }
        layout.pad(9);
        layout.button(Slot::Button, "Change it");
        layout.problem(3);
    }
}
