//! The form for a new token.

use std::collections::BTreeSet;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::Modal;
use super::confirm::{Confirm, Wanted};
use crate::domain::catalogue::ApiSet;
use crate::domain::expiry::{Expiry, Span as Length};
use crate::domain::name::{DESCRIPTION_MAX, Description, TOKEN_NAME_MAX, TokenName, Username};
use crate::domain::selection::Selection;
use crate::error::Error;
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome, Page};
use crate::tui::widget::expiry::{ExpiryChoice, Part};
use crate::tui::widget::field::Field;
use crate::tui::widget::foot::keys;
use crate::tui::widget::frame::{dialog, dialog_columns};
use crate::tui::widget::line::{cut, fit, wrap};
use crate::verbs::tokens::CreateToken;

/// What has the focus, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Name,
    Description,
    Expires,
    Typed,
    Api,
    Button,
}

/// The form for a new token.
pub struct Generate {
    username: Username,
    name: Field,
    description: Field,
    expiry: ExpiryChoice,
    sets: Vec<ApiSet>,
    /// A set by its place, then *Inherit*, then nothing yet.
    api: usize,
    slot: Slot,
    problem: Option<String>,
}

impl Generate {
    /// An empty form. The expiry begins at what policy says, the API selection at nothing.
    pub fn new(username: Username, default_expiry: Option<Length>, sets: Vec<ApiSet>) -> Self {
        Generate {
            username,
            name: Field::new(TOKEN_NAME_MAX * 4),
            description: Field::new(DESCRIPTION_MAX * 4),
            expiry: ExpiryChoice::new(default_expiry),
            api: sets.len() + 1,
            sets,
            slot: Slot::Name,
            problem: None,
        }
    }

    fn slots(&self) -> Vec<Slot> {
        let mut slots = vec![Slot::Name, Slot::Description, Slot::Expires];
        if self.expiry.is_typed() {
            slots.push(Slot::Typed);
        }
        slots.extend([Slot::Api, Slot::Button]);
        slots
    }

    fn step(&mut self, back: bool) {
        let slots = self.slots();
        let here = slots.iter().position(|s| *s == self.slot).unwrap_or(0);
        self.slot = slots[(here + if back { slots.len() - 1 } else { 1 }) % slots.len()];
    }

    fn selection(&self) -> Selection {
        match self.sets.get(self.api) {
            Some(set) => Selection::Sets(BTreeSet::from([set.name.clone()])),
            None if self.api == self.sets.len() => Selection::Inherit,
            None => Selection::nothing(),
        }
    }

    fn checked(&self, facts: &Facts<'_>) -> Result<(CreateToken, Expiry), (Slot, Error)> {
        let name = TokenName::parse(self.name.text()).map_err(|e| (Slot::Name, e))?;
        let description = Description::parse(self.description.text()).map_err(|e| (Slot::Description, e))?;
        let at = if self.expiry.is_typed() { Slot::Typed } else { Slot::Expires };
        let (spec, expiry) = self.expiry.checked(facts).map_err(|e| (at, e))?;
        let verb = CreateToken {
            account: None,
            name,
            description,
            expires: Some(spec),
            selection: self.selection(),
            out: None,
        };
        Ok((verb, expiry))
    }

    fn submit(&mut self, facts: &Facts<'_>) -> Outcome {
        match self.checked(facts) {
            Ok((verb, expiry)) => {
                self.problem = None;
                let until = match expiry {
                    Expiry::At(_) => format!("until {}", expiry.day(facts.zone)),
                    Expiry::Never => "without an end".to_owned(),
                };
                let about = format!("{} may use: {}, {until}.", verb.name, verb.selection.summary());
                let title = format!("Generate {}", verb.name);
                let confirm = Confirm::new(title, about, self.username.clone(), Wanted::Create(verb));
                Outcome::Push(Modal::Confirm(Box::new(confirm)))
            }
            Err((slot, error)) => {
                self.slot = slot;
                self.problem = Some(error.to_string());
                Outcome::Stay
            }
        }
    }

    fn choices(&self) -> Vec<(String, String)> {
        let mut rows: Vec<(String, String)> = self.sets.iter().map(|s| (s.name.clone(), s.title.clone())).collect();
        rows.push(("Inherit".to_owned(), "whatever your role permits, now and later".to_owned()));
        rows.push(("nothing yet".to_owned(), "authenticates, permits nothing".to_owned()));
        rows
    }

    /// Draws the form.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let theme = &model.theme;
        let choices = self.choices();
        // Never more than the screen holds: the list scrolls around the chosen row.
        let listed = choices.len().min(usize::from(area.height).saturating_sub(14).max(1));
        let columns = dialog_columns(area);
        let label = |slot: Slot, text: &'static str| {
            Span::styled(text, if self.slot == slot { theme.accent } else { theme.dim })
        };
        let field = |slot: Slot, text: &'static str, field: &Field| {
            let mut spans = vec![label(slot, text)];
            spans.extend(field.spans(columns.saturating_sub(13), self.slot == slot, theme));
            Line::from(spans)
        };
        let mut lines = vec![
            field(Slot::Name, "Name         ", &self.name),
            field(Slot::Description, "Description  ", &self.description),
            Line::default(),
        ];
        let part = match self.slot {
            Slot::Expires => Part::Row,
            Slot::Typed => Part::Typed,
            Slot::Name | Slot::Description | Slot::Api | Slot::Button => Part::Neither,
        };
        lines.extend(self.expiry.lines(part, columns, model));
        let first = self.api.saturating_sub(listed.saturating_sub(1)).min(choices.len() - listed);
        for (i, (name, title)) in choices.iter().enumerate().skip(first).take(listed) {
            let head = if i == first { label(Slot::Api, "API          ") } else { Span::raw(" ".repeat(13)) };
            let chosen = i == self.api;
            let style = if chosen && self.slot == Slot::Api { theme.accent } else { Style::new() };
            let mark = if chosen { "(•) " } else { "( ) " };
            let room = columns.saturating_sub(13 + 4 + 17);
            lines.push(Line::from(vec![
                head,
                Span::styled(format!("{mark}{} ", fit(name, 16)), style),
                Span::styled(cut(title, room), theme.dim),
            ]));
        }
        let button = if self.slot == Slot::Button { theme.selected } else { theme.strong };
        lines.push(Line::default());
        lines.push(Line::from(vec![Span::raw(" ".repeat(13)), Span::styled("[ Generate ]", button)]));
        let problem = self.problem.as_deref().unwrap_or("");
        lines.extend(wrap(problem, columns).into_iter().take(2).map(|l| Line::styled(l, theme.danger)));
        lines.resize(listed + 10, Line::default());
        let focus = match self.slot {
            Slot::Name => 0,
            Slot::Description => 1,
            Slot::Expires => 3,
            Slot::Typed => 4,
            Slot::Api => 6 + self.api - first,
            Slot::Button => 7 + listed,
        };
        let foot = keys(self.context(), model, columns);
        dialog(frame, area, "Generate a token", lines, focus, foot, theme);
    }
}

impl Page for Generate {
    fn context(&self) -> Context {
        match self.slot {
            Slot::Name | Slot::Description | Slot::Typed => Context::Form,
            Slot::Expires | Slot::Api | Slot::Button => Context::Choice,
        }
    }

    fn field(&mut self) -> Option<&mut Field> {
        match self.slot {
            Slot::Name => Some(&mut self.name),
            Slot::Description => Some(&mut self.description),
            Slot::Typed => Some(self.expiry.field()),
            Slot::Expires | Slot::Api | Slot::Button => None,
        }
    }

    fn act(&mut self, action: Action, facts: &Facts<'_>) -> Outcome {
        let last = self.sets.len() + 1;
        match (action, self.slot) {
            (Action::Down, Slot::Api) if self.api < last => self.api += 1,
            (Action::Up, Slot::Api) if self.api > 0 => self.api -= 1,
            (Action::Right, Slot::Api) => self.api = (self.api + 1) % (last + 1),
            (Action::Left, Slot::Api) => self.api = (self.api + last) % (last + 1),
            (Action::Right, Slot::Expires) => self.expiry.turn(false),
            (Action::Left, Slot::Expires) => self.expiry.turn(true),
            (Action::Enter, Slot::Button) => return self.submit(facts),
            (Action::Next | Action::Down | Action::Enter, _) => self.step(false),
            (Action::Previous | Action::Up, _) => self.step(true),
            (Action::Cancel, _) => return Outcome::Close,
            _ => {}
        }
        Outcome::Stay
    }

    fn edited(&mut self) -> Outcome {
        self.problem = None;
        Outcome::Stay
    }

    fn refused(&mut self, error: Error) -> Outcome {
        self.problem = Some(error.to_string());
        Outcome::Stay
    }
}
