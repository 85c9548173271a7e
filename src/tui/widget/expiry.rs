//! The choice of an expiry: a row of common ones, or a typed one.

use ratatui::text::{Line, Span};

use super::field::Field;
use super::line::cut;
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
/// Columns of the labels before it.
const LABEL: usize = 13;

/// Which part of the choice has the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// None.
    Neither,
    /// The row.
    Row,
    /// The typed one.
    Typed,
}

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

    /// Three lines: the row, the typed one, and until when that is.
    pub fn lines(&self, focus: Part, columns: usize, model: &Model) -> [Line<'static>; 3] {
        let theme = &model.theme;
        let label = |part, text| Span::styled(text, if focus == part { theme.accent } else { theme.dim });
        let mut row = vec![label(Part::Row, "Expires      ")];
        for (i, (word, _)) in OFFERED.iter().enumerate() {
            let style = match (i == self.chosen, focus) {
                (true, Part::Row) => theme.selected,
                (true, Part::Neither | Part::Typed) => theme.strong,
                (false, _) => theme.dim,
            };
            row.push(Span::styled(if i == self.chosen { format!("[{word}]") } else { format!(" {word} ") }, style));
            row.push(Span::raw(" "));
        }
        let mut typed = Vec::new();
        if self.is_typed() {
            typed.push(label(Part::Typed, "  on, or in  "));
            typed.extend(self.typed.spans(16, focus == Part::Typed, theme));
            typed.push(Span::styled(cut("  31-12-2027, 12h, 6mo …", columns.saturating_sub(LABEL + 16)), theme.dim));
        }
        let zone = model.zone.get();
        let until = match self.spec().and_then(|s| s.resolve(model.now, zone)) {
            Ok(expiry) if expiry.at().is_some() => format!("works until {}", expiry.day(zone)),
            Ok(_) => "works until it is disabled or removed".to_owned(),
            Err(_) => String::new(),
        };
        let until = cut(&format!("{}{until}", " ".repeat(LABEL)), columns);
        [Line::from(row), Line::from(typed), Line::styled(until, theme.dim)]
    }
}
