//! The choice of an expiry: a row of common ones, or a typed one.

use ratatui::text::Span;

use super::field::Field;
use super::form::Kind;
use super::line::cut;
use super::sheet::Sheet;
use crate::domain::expiry::{Expiry, ExpirySpec, Span as Length};
use crate::error::Result;
use crate::tui::model::Model;
use crate::tui::screen::Facts;

/// What to choose from; the last is typed.
const OFFERED: [(&str, Option<ExpirySpec>); 6] = [
    ("7 d", Some(ExpirySpec::In(Length::Days(7)))),
    ("30 d", Some(ExpirySpec::In(Length::Days(30)))),
    ("90 d", Some(ExpirySpec::In(Length::Days(90)))),
    ("1 y", Some(ExpirySpec::In(Length::Years(1)))),
    ("never", Some(ExpirySpec::Never)),
    ("other", None),
];
/// Columns of the field to type one in.
const TYPED: usize = 16;

/// An expiry being chosen.
pub struct ExpiryChoice {
    chosen: usize,
    typed: Field,
}

impl ExpiryChoice {
    /// Begins at `default`, none = never.
    pub fn new(default: Option<Length>) -> Self {
        let wanted = Some(default.map_or(ExpirySpec::Never, ExpirySpec::In));
        let offered = OFFERED.iter().position(|(_, spec)| *spec == wanted);
        let typed = default.filter(|_| offered.is_none()).map_or_else(String::new, |span| span.to_string());
        ExpiryChoice { chosen: offered.unwrap_or(OFFERED.len() - 1), typed: Field::new(32).with(&typed) }
    }

    /// Chooses the next one, or the one before.
    pub fn turn(&mut self, back: bool) {
        self.chosen = (self.chosen + if back { OFFERED.len() - 1 } else { 1 }) % OFFERED.len();
    }

    /// Whether one is to be typed.
    pub fn is_typed(&self) -> bool {
        OFFERED[self.chosen].1.is_none()
    }

    /// The field to type one in.
    pub fn field(&mut self) -> &mut Field {
        &mut self.typed
    }

    fn spec(&self) -> Result<ExpirySpec> {
        OFFERED[self.chosen].1.map_or_else(|| ExpirySpec::parse(self.typed.text()), Ok)
    }

    /// What was chosen, and the expiry it means now.
    ///
    /// # Errors
    /// [`crate::error::Kind::Usage`] for a typed one that can't be read, or is past.
    pub fn checked(&self, facts: &Facts<'_>) -> Result<(ExpirySpec, Expiry)> {
        let spec = self.spec()?;
        spec.resolve(facts.now, facts.zone).map(|expiry| (spec, expiry))
    }

    /// Its parts in a form, which names them `row` and `typed`.
    pub fn slots<S>(&self, row: S, typed: S) -> impl Iterator<Item = (S, Kind)> {
        let typed = self.is_typed().then_some((typed, Kind::Field));
        [(row, Kind::Choice)].into_iter().chain(typed)
    }

    /// Three lines: the row, the typed one, and until when that is.
    pub fn rows<S: Copy + PartialEq>(&self, sheet: &mut Sheet<'_, S>, row: S, typed: S, model: &Model) {
        let theme = sheet.theme;
        let mut spans = vec![sheet.label(row, "Expires")];
        for (i, (word, _)) in OFFERED.iter().enumerate() {
            let style = match (i == self.chosen, sheet.is_at(row)) {
                (true, true) => theme.selected,
                (true, false) => theme.strong,
                (false, _) => theme.dim,
            };
            spans.push(Span::styled(if i == self.chosen { format!("[{word}]") } else { format!(" {word} ") }, style));
            spans.push(Span::raw(" "));
        }
        sheet.line(spans);
        if self.is_typed() {
            let mut spans = vec![sheet.label(typed, "  on, or in")];
            spans.extend(self.typed.spans(TYPED, sheet.is_at(typed), theme));
            let room = sheet.columns.saturating_sub(spans[0].width() + TYPED);
            spans.push(Span::styled(cut("  31-12-2027, 12h, 6mo …", room), theme.dim));
            sheet.line(spans);
        } else {
            sheet.blank();
        }
        let zone = model.zone.get();
        let until = match self.spec().and_then(|s| s.resolve(model.now, zone)) {
            Ok(expiry) if expiry.at().is_some() => format!("works until {}", expiry.day(zone)),
            Ok(_) => "works until it is disabled or removed".to_owned(),
            Err(_) => String::new(),
        };
        sheet.note(&until, theme.dim);
    }
}
