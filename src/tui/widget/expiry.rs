//! The choice of an expiry: common ones, or a typed one.

use super::choices::Choices;
use super::field::Field;
use super::form::Kind;
use super::offers::{Answer, Offers};
use super::sheet::Sheet;
use crate::domain::expiry::{Expiry, ExpirySpec, Span as Length};
use crate::domain::time::{Timestamp, Zone, relative};
use crate::error::Result;
use crate::tui::model::Model;
use crate::tui::screen::Facts;

/// An offered answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Offer {
    /// The current expiry, exact to the millisecond.
    Kept(Expiry),
    New(ExpirySpec),
}

const NEW: [(&str, Offer); 5] = [
    ("7 d", Offer::New(ExpirySpec::In(Length::Days(7)))),
    ("30 d", Offer::New(ExpirySpec::In(Length::Days(30)))),
    ("90 d", Offer::New(ExpirySpec::In(Length::Days(90)))),
    ("1 y", Offer::New(ExpirySpec::In(Length::Years(1)))),
    ("never", Offer::New(ExpirySpec::Never)),
];

/// The choice of an expiry.
pub struct ExpiryChoice {
    offers: Offers<Offer>,
}

impl ExpiryChoice {
    /// Begins at `default`; `None` = never.
    pub fn new(default: Option<Length>) -> Self {
        let mut offers = Offers::new(NEW.to_vec());
        let typed = default.map_or_else(String::new, |span| span.to_string());
        offers.begin(Offer::New(default.map_or(ExpirySpec::Never, ExpirySpec::In)), &typed);
        ExpiryChoice { offers }
    }

    /// Begins at the current expiry, labelled `word`.
    pub fn keeping(expiry: Expiry, word: &'static str) -> Self {
        let rows = [(word, Offer::Kept(expiry))].into_iter().chain(NEW).collect();
        ExpiryChoice { offers: Offers::new(rows) }
    }

    /// Replaces the current expiry after it changed in the store.
    pub fn keep_another(&mut self, expiry: Expiry) {
        self.offers.replace_first(Offer::Kept(expiry));
    }

    /// Returns the row of choices.
    pub fn choices(&mut self) -> &mut dyn Choices {
        &mut self.offers
    }

    /// `true` if the expiry is typed.
    pub fn is_typed(&self) -> bool {
        self.offers.is_typed()
    }

    /// Returns the field for a typed expiry.
    pub fn field(&mut self) -> &mut Field {
        self.offers.field()
    }

    /// `true` if the current expiry is kept.
    pub fn is_kept(&self) -> bool {
        matches!(self.offers.answer(), Answer::Offered(Offer::Kept(_)))
    }

    /// `true` if the field has text.
    pub fn has_text(&self) -> bool {
        matches!(self.offers.answer(), Answer::Typed(text) if !text.is_empty())
    }

    /// Returns the chosen expiry (`None` if the current one is kept), and the resulting expiry at `now`.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] if a typed expiry can't be parsed or is in the past.
    pub fn resolved(&self, now: Timestamp, zone: &dyn Zone) -> Result<(Option<ExpirySpec>, Expiry)> {
        let spec = match self.offers.answer() {
            Answer::Offered(Offer::Kept(expiry)) => return Ok((None, expiry)),
            Answer::Offered(Offer::New(spec)) => spec,
            Answer::Typed(text) => ExpirySpec::parse(text)?,
        };
        spec.resolve(now, zone).map(|expiry| (Some(spec), expiry))
    }

    /// Like [`ExpiryChoice::resolved`], at the current time of `facts`.
    ///
    /// # Errors
    /// Those of [`ExpiryChoice::resolved`].
    pub fn checked(&self, facts: &Facts<'_>) -> Result<(Option<ExpirySpec>, Expiry)> {
        self.resolved(facts.now, facts.zone)
    }

    /// Returns the slots for the form, which names them `row` and `typed`.
    pub fn slots<S>(&self, row: S, typed: S) -> impl Iterator<Item = (S, Kind)> + use<S> {
        self.offers.slots(row, typed)
    }

    /// Writes three lines: the choices, the typed expiry, and the resulting date.
    pub fn rows<S: Copy + PartialEq>(&self, sheet: &mut Sheet<'_, S>, row: S, typed: S, model: &Model) {
        self.offers.rows(sheet, (row, "Expires"), (typed, "  on, or in"), "31-12-2027, 12h, 6mo …");
        let zone = model.zone.get();
        let until = match self.resolved(model.now, zone) {
            Ok((None, expiry)) => match expiry.at() {
                Some(at) => format!("stays as it is: {}, {}", expiry.day(zone), relative(at, model.now)),
                None => "stays as it is: never".to_owned(),
            },
            Ok((Some(_), expiry)) if expiry.at().is_some() => format!("works until {}", expiry.day(zone)),
            Ok((Some(_), _)) => "works until it is disabled or removed".to_owned(),
            Err(_) => String::new(),
        };
        sheet.note(&until, sheet.theme.dim);
    }
}
