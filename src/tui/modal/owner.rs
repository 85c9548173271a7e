//! Whose a new token will be: one's own, or that of an account one manages.

use ratatui::style::Style;

use crate::domain::name::Username;
use crate::domain::role::Role;
use crate::error::Result;
use crate::tui::widget::choices::Choices;
use crate::tui::widget::field::Field;
use crate::tui::widget::form::Kind;
use crate::tui::widget::offers::{Answer, Offers};
use crate::tui::widget::sheet::Sheet;

/// The most accounts that are offered by name; any other is typed.
const OFFERED: usize = 8;

/// An account that a token can be made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its name.
    pub username: Username,
    /// Its role, where that is known.
    pub role: Option<Role>,
}

/// The choice of an account.
pub struct OwnerChoice {
    own: Candidate,
    /// `None` for somebody who makes tokens for nobody else.
    others: Option<Others>,
}

struct Others {
    /// In the order in which they are offered.
    candidates: Vec<Candidate>,
    offers: Offers<usize>,
    /// The one to begin at.
    preset: Username,
}

impl OwnerChoice {
    /// Nobody but `own`.
    pub fn own(own: Candidate) -> Self {
        OwnerChoice { own, others: None }
    }

    /// `own` or another, beginning at `preset`.
    pub fn among(own: Candidate, preset: Username) -> Self {
        let mut choice = Self::own(own);
        choice.others = Some(Others { candidates: Vec::new(), offers: Offers::new(none()), preset });
        choice.offer(Vec::new());
        choice
    }

    /// Offers `candidates` beside the own account and the preset one. Once another is chosen nothing changes any more.
    pub fn offer(&mut self, candidates: Vec<Candidate>) {
        let own = self.own.clone();
        let Some(others) = &mut self.others else { return };
        let chosen = others.chosen().map(|one| one.username.clone());
        let typing = !others.candidates.is_empty() && others.offers.is_typed();
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
        all.extend(further.into_iter().take(OFFERED));
        let rows = all.iter().enumerate().map(|(place, one)| (one.username.to_string(), place)).collect();
        others.offers = Offers::new(rows);
        others.candidates = all;
    }

    /// Its role; the own one while it isn't known.
    pub fn role(&self) -> Role {
        let chosen = match &self.others {
            None => self.own.role,
            Some(others) => others.chosen().and_then(|one| one.role),
        };
        chosen.or(self.own.role).unwrap_or(Role::Owner)
    }

    /// Its name.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] for a typed one that is none.
    pub fn username(&self) -> Result<Username> {
        match &self.others {
            None => Ok(self.own.username.clone()),
            Some(others) => match others.chosen() {
                Some(chosen) => Ok(chosen.username.clone()),
                None => Username::parse(others.typed()),
            },
        }
    }

    /// Whether that is the own account.
    pub fn is_own(&self, username: &Username) -> bool {
        self.own.username == *username
    }

    /// Whether one was typed.
    pub fn has_text(&self) -> bool {
        self.others.as_ref().is_some_and(|others| !others.typed().is_empty())
    }

    /// The row to choose from.
    pub fn choices(&mut self) -> Option<&mut dyn Choices> {
        self.others.as_mut().map(|others| &mut others.offers as &mut dyn Choices)
    }

    /// The field to type one in.
    pub fn field(&mut self) -> Option<&mut Field> {
        self.others.as_mut().map(|others| others.offers.field())
    }

    /// Its parts in a form, which names them `row` and `typed`.
    pub fn slots<S>(&self, row: S, typed: S) -> impl Iterator<Item = (S, Kind)> + use<S> {
        self.others.as_ref().map(|others| others.offers.slots(row, typed)).into_iter().flatten()
    }

    /// Its line in a form; two where one is typed.
    pub fn row<S: Copy + PartialEq>(&self, sheet: &mut Sheet<'_, S>, row: S, typed: S) {
        match &self.others {
            None => sheet.fact("For", &format!("{}, your own account", self.own.username), Style::new()),
            Some(others) => others.offers.row(sheet, (row, "For"), (typed, "  account"), "a username"),
        }
    }
}

fn none() -> Vec<(String, usize)> {
    Vec::new()
}

impl Others {
    fn chosen(&self) -> Option<&Candidate> {
        match self.offers.answer() {
            Answer::Offered(place) => self.candidates.get(place),
            Answer::Typed(_) => None,
        }
    }

    fn typed(&self) -> &str {
        match self.offers.answer() {
            Answer::Typed(text) => text.trim(),
            Answer::Offered(_) => "",
        }
    }
}
