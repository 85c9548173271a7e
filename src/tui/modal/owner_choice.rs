//! The choice of owner for a new token: the user's own account, or one that the user manages.

use ratatui::style::Style;

use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::error::Result;
use crate::tui::widget::choice_or_text::{ChoiceOrText, Chosen};
use crate::tui::widget::choices::Choices;
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;

/// Maximum number of accounts offered by name; others can be typed.
const MAX_LISTED: usize = 8;

/// An account for which a token can be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Username of the account.
    pub username: Username,
    /// Role of the account, if known.
    pub role: Option<Role>,
}

/// The choice of an account.
pub struct OwnerChoice {
    own: Candidate,
    /// `None` if the user can't create tokens for others.
    options: Option<OwnerOptions>,
}

struct OwnerOptions {
    /// In the order of the offers.
    candidates: Vec<Candidate>,
    options: ChoiceOrText<usize>,
    /// The preset account.
    preset: Username,
}

impl OwnerChoice {
    pub fn only(own: Candidate) -> Self {
        OwnerChoice { own, options: None }
    }

    /// Creates a choice of `own` or another account; begins at `preset`.
    pub fn new(own: Candidate, preset: Username) -> Self {
        let mut choice = Self::only(own);
        choice.options =
            Some(OwnerOptions { candidates: Vec::new(), options: ChoiceOrText::new(no_options()), preset });
        choice.set_candidates(Vec::new());
        choice
    }

    /// Returns `true` if there may be other accounts to choose.
    pub fn has_options(&self) -> bool {
        self.options.is_some()
    }

    /// Offers `candidates` in addition to the own and the preset account. Does nothing once the user has chosen
    /// another.
    pub fn set_candidates(&mut self, candidates: Vec<Candidate>) {
        let own = self.own.clone();
        let Some(others) = &mut self.options else { return };
        let chosen = others.chosen().map(|one| one.username.clone());
        let typing = !others.candidates.is_empty() && others.options.is_text();
        if typing || chosen.is_some_and(|chosen| chosen != others.preset) {
            return;
        }
        let known = candidates.iter().find(|one| one.username == others.preset).cloned();
        let preset = known.unwrap_or(Candidate { username: others.preset.clone(), role: None });
        let mut all = vec![own];
        if preset.username != all[0].username {
            all.insert(0, preset);
        }
        let further: Vec<Candidate> =
            candidates.into_iter().filter(|one| all.iter().all(|other| other.username != one.username)).collect();
        all.extend(further.into_iter().take(MAX_LISTED));
        let rows = all.iter().enumerate().map(|(place, one)| (one.username.to_string(), place)).collect();
        others.options = ChoiceOrText::new(rows);
        others.candidates = all;
    }

    /// Returns the role of the chosen account; the role of the own account while it is unknown.
    pub fn role(&self) -> Role {
        let chosen = match &self.options {
            None => self.own.role,
            Some(others) => others.chosen().and_then(|one| one.role),
        };
        chosen.or(self.own.role).unwrap_or(Role::Owner)
    }

    /// Returns the username of the chosen account.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] if a typed name is not a valid username.
    pub fn username(&self) -> Result<Username> {
        match &self.options {
            None => Ok(self.own.username.clone()),
            Some(others) => match others.chosen() {
                Some(chosen) => Ok(chosen.username.clone()),
                None => Username::parse(others.text()),
            },
        }
    }

    /// Returns `true` if `username` is the own account.
    pub fn is_own(&self, username: &Username) -> bool {
        self.own.username == *username
    }

    /// Returns `true` if a name was typed.
    pub fn has_text(&self) -> bool {
        self.options.as_ref().is_some_and(|others| !others.text().is_empty())
    }

    /// Returns `true` if a name is typed.
    pub fn is_text(&self) -> bool {
        self.options.as_ref().is_some_and(|others| others.options.is_text())
    }

    /// Returns the row of choices.
    pub fn choices(&mut self) -> Option<&mut dyn Choices> {
        self.options.as_mut().map(|others| &mut others.options as &mut dyn Choices)
    }

    /// Returns the field for a typed name.
    pub fn text_input(&mut self) -> Option<&mut TextInput> {
        self.options.as_mut().map(|others| others.options.text_input())
    }

    /// Writes the line of the form; two lines if the name is typed.
    pub fn draw<S: Copy + PartialEq>(&self, layout: &mut FormLayout<'_, S>, row: S, typed: S) {
        match &self.options {
            None => layout.fact("For", &format!("{}, your own account", self.own.username), Style::new()),
            Some(others) => others.options.draw_compact(layout, (row, "For"), (typed, "  account"), "a username"),
        }
    }
}

fn no_options() -> Vec<(String, usize)> {
    Vec::new()
}

impl OwnerOptions {
    fn chosen(&self) -> Option<&Candidate> {
        match self.options.chosen() {
            Chosen::Choice(place) => self.candidates.get(place),
            Chosen::Text(_) => None,
        }
    }

    fn text(&self) -> &str {
        match self.options.chosen() {
            Chosen::Text(text) => text.trim(),
            Chosen::Choice(_) => "",
        }
    }
}
