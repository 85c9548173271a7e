//! The form for a new token.

use std::collections::BTreeSet;
use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::Modal;
use super::confirm::{Confirm, Wanted};
use crate::domain::catalogue::Catalogue;
use crate::domain::expiry::{Expiry, Span as Length};
use crate::domain::name::{DESCRIPTION_MAX, Description, TOKEN_NAME_MAX, TokenName, Username};
use crate::domain::role::Role;
use crate::domain::selection::Selection;
use crate::error::Error;
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::picker::Picker;
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

/// A row of the API selection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Api {
    /// A set, counted over all catalogues.
    Set(usize),
    Inherit,
    /// What the picker gives.
    Picked,
    Nothing,
}

/// The form for a new token.
pub struct Generate {
    username: Username,
    name: Field,
    description: Field,
    expiry: ExpiryChoice,
    catalogues: Arc<[Catalogue]>,
    /// The ceiling on what is picked.
    role: Role,
    api: Api,
    /// What came out of the picker; none before it was used.
    picked: Option<Selection>,
    slot: Slot,
    problem: Option<String>,
}

impl Generate {
    /// An empty form. The expiry begins at what policy says, the API selection at nothing.
    pub fn new(username: Username, role: Role, default_expiry: Option<Length>, catalogues: Arc<[Catalogue]>) -> Self {
        Generate {
            username,
            name: Field::new(TOKEN_NAME_MAX * 4),
            description: Field::new(DESCRIPTION_MAX * 4),
            expiry: ExpiryChoice::new(default_expiry),
            catalogues,
            role,
            api: Api::Nothing,
            picked: None,
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
        match self.api {
            Api::Set(place) => match self.catalogues.iter().flat_map(|c| &c.sets).nth(place) {
                Some(set) => Selection::Sets(BTreeSet::from([set.name.clone()])),
                None => Selection::nothing(),
            },
            Api::Inherit => Selection::Inherit,
            Api::Picked => self.picked.clone().unwrap_or_else(Selection::nothing),
            Api::Nothing => Selection::nothing(),
        }
    }

    fn rows(&self) -> Vec<Api> {
        let sets = self.catalogues.iter().map(|c| c.sets.len()).sum();
        let mut rows: Vec<Api> = (0..sets).map(Api::Set).collect();
        rows.extend([Api::Inherit, Api::Picked, Api::Nothing]);
        rows
    }

    /// The row of the choice, counted from 0, and the last one.
    fn place(&self) -> (usize, usize) {
        let rows = self.rows();
        (rows.iter().position(|r| *r == self.api).unwrap_or(0), rows.len() - 1)
    }

    /// Chooses the row `by` further; past an end begins at the other.
    fn turn(&mut self, back: bool) {
        let rows = self.rows();
        let (here, last) = self.place();
        self.api = rows[(here + if back { last } else { 1 }) % rows.len()];
    }

    fn pick(&self) -> Outcome {
        let picker = Picker::pick(Arc::clone(&self.catalogues), self.selection(), self.role);
        Outcome::Push(Modal::Picker(Box::new(picker)))
    }

    fn checked(&self, facts: &Facts<'_>) -> Result<(TokenName, CreateToken, Expiry), (Slot, Error)> {
        let name = TokenName::parse(self.name.text()).map_err(|e| (Slot::Name, e))?;
        let description = Description::parse(self.description.text()).map_err(|e| (Slot::Description, e))?;
        let at = if self.expiry.is_typed() { Slot::Typed } else { Slot::Expires };
        let (spec, expiry) = self.expiry.checked(facts).map_err(|e| (at, e))?;
        let verb = CreateToken {
            account: None,
            names: vec![name.clone()],
            description,
            expires: Some(spec),
            selection: self.selection(),
            out: None,
        };
        Ok((name, verb, expiry))
    }

    fn submit(&mut self, facts: &Facts<'_>) -> Outcome {
        match self.checked(facts) {
            Ok((name, verb, expiry)) => {
                self.problem = None;
                let until = match expiry {
                    Expiry::At(_) => format!("until {}", expiry.day(facts.zone)),
                    Expiry::Never => "without an end".to_owned(),
                };
                let about = format!("{name} may use: {}, {until}.", verb.selection.summary());
                let title = format!("Generate {name}");
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
        let sets = self.catalogues.iter().flat_map(|c| &c.sets);
        let mut rows: Vec<(String, String)> = sets.map(|s| (s.name.clone(), s.title.clone())).collect();
        rows.push(("Inherit".to_owned(), "whatever your role permits, now and later".to_owned()));
        rows.push(match &self.picked {
            None => ("Custom…".to_owned(), "Space picks methods one by one".to_owned()),
            Some(Selection::Sets(sets)) => {
                let names: Vec<&str> = sets.iter().map(String::as_str).collect();
                (format!("{} sets…", sets.len()), names.join(", "))
            }
            Some(picked) => (format!("Custom: {}…", picked.summary()), "picked one by one".to_owned()),
        });
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
        let (here, _) = self.place();
        let first = here.saturating_sub(listed.saturating_sub(1)).min(choices.len() - listed);
        for (i, (name, title)) in choices.iter().enumerate().skip(first).take(listed) {
            let head = if i == first { label(Slot::Api, "API          ") } else { Span::raw(" ".repeat(13)) };
            let chosen = i == here;
            let style = if chosen && self.slot == Slot::Api { theme.accent } else { Style::new() };
            let mark = if chosen { "(•) " } else { "( ) " };
            let room = columns.saturating_sub(13 + 4 + 21);
            lines.push(Line::from(vec![
                head,
                Span::styled(format!("{mark}{} ", fit(name, 20)), style),
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
            Slot::Api => 6 + here - first,
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
            Slot::Expires | Slot::Api => Context::Choice,
            Slot::Button => Context::Button,
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
        let (here, last) = self.place();
        match (action, self.slot) {
            (Action::Enter | Action::Select, Slot::Api) if self.api == Api::Picked => return self.pick(),
            (Action::Down, Slot::Api) if here < last => self.turn(false),
            (Action::Up, Slot::Api) if here > 0 => self.turn(true),
            (Action::Right | Action::Select, Slot::Api) => self.turn(false),
            (Action::Left, Slot::Api) => self.turn(true),
            (Action::Right | Action::Select, Slot::Expires) => self.expiry.turn(false),
            (Action::Left, Slot::Expires) => self.expiry.turn(true),
            (Action::Enter, Slot::Button) => return self.submit(facts),
            (Action::Next | Action::Down | Action::Enter, _) => self.step(false),
            (Action::Previous | Action::Up, _) => self.step(true),
            (Action::Cancel, _) => return Outcome::Close,
            _ => {}
        }
        Outcome::Stay
    }

    fn picked(&mut self, selection: Selection) -> Outcome {
        let names: Vec<&String> = self.catalogues.iter().flat_map(|c| &c.sets).map(|s| &s.name).collect();
        // What another row says as well is that row.
        self.api = match &selection {
            Selection::Inherit => Api::Inherit,
            Selection::Custom(methods) if methods.is_empty() => Api::Nothing,
            Selection::Sets(sets) if sets.len() == 1 => {
                names.iter().position(|n| sets.contains(*n)).map_or(Api::Picked, Api::Set)
            }
            Selection::Sets(_) | Selection::Custom(_) => Api::Picked,
        };
        if self.api == Api::Picked {
            self.picked = Some(selection);
        }
        self.slot = Slot::Button;
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
