//! The choice of an expiry: common ones, or a typed one.

use super::choice_or_text::{ChoiceOrText, Chosen};
use super::choices::Choices;
use super::form_layout::FormLayout;
use super::text_input::TextInput;
use crate::domain::date_format::DateFormat;
use crate::domain::expiry::{Expiry, ExpirySpec, Span as Length};
use crate::domain::time::{Timestamp, Zone, relative};
use crate::error::Result;
use crate::tui::component::UpdateContext;
use crate::tui::model::Model;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExpiryOption {
    /// The current expiry, exact to the millisecond.
    Keep(Expiry),
    New(ExpirySpec),
}

const NEW_OPTIONS: [(&str, ExpiryOption); 5] = [
    ("7 d", ExpiryOption::New(ExpirySpec::In(Length::Days(7)))),
    ("30 d", ExpiryOption::New(ExpirySpec::In(Length::Days(30)))),
    ("90 d", ExpiryOption::New(ExpirySpec::In(Length::Days(90)))),
    ("1 y", ExpiryOption::New(ExpirySpec::In(Length::Years(1)))),
    ("never", ExpiryOption::New(ExpirySpec::Never)),
];

pub struct ExpiryChoice {
    options: ChoiceOrText<ExpiryOption>,
}

impl ExpiryChoice {
    /// Begins at `default`; `None` = never.
    pub fn new(default: Option<Length>) -> Self {
        let mut options = ChoiceOrText::new(NEW_OPTIONS.to_vec());
        let typed = default.map_or_else(String::new, |span| span.to_string());
        options.select(ExpiryOption::New(default.map_or(ExpirySpec::Never, ExpirySpec::In)), &typed);
        ExpiryChoice { options }
    }

    /// Begins at the current expiry, labelled `word`.
    pub fn with_current(expiry: Expiry, word: &'static str) -> Self {
        let rows = [(word, ExpiryOption::Keep(expiry))].into_iter().chain(NEW_OPTIONS).collect();
        ExpiryChoice { options: ChoiceOrText::new(rows) }
    }

    /// Replaces the current expiry after it changed in the store.
    pub fn set_current(&mut self, expiry: Expiry) {
        self.options.replace_first(ExpiryOption::Keep(expiry));
    }

    pub fn choices(&mut self) -> &mut dyn Choices {
        &mut self.options
    }

    /// Returns `true` if the expiry is typed.
    pub fn is_text(&self) -> bool {
        self.options.is_text()
    }

    pub fn text_input(&mut self) -> &mut TextInput {
        self.options.text_input()
    }

    pub fn is_kept(&self) -> bool {
        matches!(self.options.chosen(), Chosen::Choice(ExpiryOption::Keep(_)))
    }

    /// Returns `true` if the field has text.
    pub fn has_text(&self) -> bool {
        matches!(self.options.chosen(), Chosen::Text(text) if !text.is_empty())
    }

    /// Returns the chosen expiry (`None` if the current one is kept), and the resulting expiry at `now`.
    pub fn resolve_at(&self, now: Timestamp, zone: &dyn Zone) -> Result<(Option<ExpirySpec>, Expiry)> {
        let spec = match self.options.chosen() {
            Chosen::Choice(ExpiryOption::Keep(expiry)) => return Ok((None, expiry)),
            Chosen::Choice(ExpiryOption::New(spec)) => spec,
            Chosen::Text(text) => ExpirySpec::parse(text)?,
        };
        spec.resolve(now, zone).map(|expiry| (Some(spec), expiry))
    }

    /// Does the same as [`ExpiryChoice::resolve_at`], at the current time of `ctx`.
    pub fn resolve(&self, ctx: &UpdateContext<'_>) -> Result<(Option<ExpirySpec>, Expiry)> {
        self.resolve_at(ctx.now, ctx.dates.get().zone)
    }

    /// Writes three lines: the choices, the typed expiry, and the resulting date.
    pub fn draw<S: Copy + PartialEq>(&self, layout: &mut FormLayout<'_, S>, row: S, typed: S, model: &Model) {
        let dates = model.dates.get();
        let example = match dates.format {
            DateFormat::Iso => "2027-12-31, 12h, 6mo …",
            DateFormat::Dmy => "31-12-2027, 12h, 6mo …",
        };
        self.options.draw(layout, (row, "Expires"), (typed, "  when"), example);
        let until = match self.resolve_at(model.now, dates.zone) {
            Ok((None, expiry)) => match expiry.at() {
                Some(at) => format!("unchanged: {}, {}", dates.last_day(expiry), relative(at, model.now)),
                None => "unchanged: the token never expires".to_owned(),
            },
            Ok((Some(_), expiry)) if expiry.at().is_some() => format!("last day: {}", dates.last_day(expiry)),
            Ok((Some(_), _)) => "the token never expires".to_owned(),
            Err(_) => String::new(),
        };
        layout.note(&until, layout.theme.dim);
    }
}
