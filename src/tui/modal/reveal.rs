//! A new secret, shown once; and the question whether to leave it behind.

use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::Modal;
use super::save::Save;
use crate::domain::secret::Secret;
use crate::domain::token::Token;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome, Page};
use crate::tui::widget::foot::keys;
use crate::tui::widget::frame::{dialog, dialog_columns};
use crate::tui::widget::line::{cut, wrap};

/// The dialog that shows a secret once.
pub struct Reveal {
    token: Token,
    secret: Arc<Secret>,
    shown: bool,
    was_shown: bool,
    copied: bool,
    saved: bool,
    note: String,
}

impl Reveal {
    /// Shows the secret of `token`, masked until asked for.
    pub fn new(token: Token, secret: Secret) -> Self {
        Reveal {
            token,
            secret: Arc::new(secret),
            shown: false,
            was_shown: false,
            copied: false,
            saved: false,
            note: String::new(),
        }
    }

    /// Whether somebody has had the secret: shown, copied or saved.
    pub fn is_used(&self) -> bool {
        self.was_shown || self.copied || self.saved
    }

    /// What became of copying it.
    pub fn copied(&mut self, note: String, done: bool) {
        self.copied |= done;
        self.note = note;
    }

    /// What became of saving it.
    pub fn saved(&mut self, note: String, done: bool) {
        self.saved |= done;
        self.note = note;
    }

    /// Masks it again.
    pub fn hide(&mut self) {
        self.shown = false;
    }
}

impl Page for Reveal {
    fn context(&self) -> Context {
        Context::Reveal
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let theme = &model.theme;
        let columns = dialog_columns(area);
        // Broken over two lines where it doesn't fit on one: a cut secret would look whole.
        let broken = |text: &str| {
            let letters: Vec<char> = text.chars().collect();
            let mut rows: Vec<Line<'static>> = letters
                .chunks(columns.saturating_sub(2).max(1))
                .map(|row| Line::styled(format!("  {}", row.iter().collect::<String>()), theme.strong))
                .collect();
            rows.resize(rows.len().max(2), Line::default());
            rows
        };
        let secret = if self.shown {
            // The one place that puts a secret on the screen.
            self.secret.expose(broken)
        } else {
            broken(&format!("{}_{}", self.secret.hint(), "•".repeat(Secret::hidden_len())))
        };
        let mut lines = vec![
            Line::styled(cut("This is the only time the secret is shown.", columns), theme.warning),
            Line::default(),
        ];
        lines.extend(secret);
        lines.extend([
            Line::from(vec![
                Span::styled("Use it   ", theme.dim),
                Span::raw(cut(
                    "printf 'Authorization: Bearer %s\\n' \"$T\" | curl -H @- URL",
                    columns.saturating_sub(9),
                )),
            ]),
            Line::default(),
        ]);
        lines.extend(wrap(&self.note, columns).into_iter().take(3).map(|l| Line::styled(l, theme.good)));
        lines.resize(10, Line::default());
        let foot = keys(self.context(), model, columns);
        dialog(frame, area, &format!("Token {} is ready", self.token.name), lines, 2, foot, theme);
    }

    fn act(&mut self, action: Action, _facts: &Facts<'_>) -> Outcome {
        match action {
            Action::ShowSecret => {
                self.shown = !self.shown;
                self.was_shown = true;
                Outcome::Stay
            }
            Action::CopySecret => Outcome::Do(Effect::CopySecret(Arc::clone(&self.secret))),
            Action::SaveSecret => {
                let save = Save::open(&self.token.name, Arc::clone(&self.secret));
                Outcome::Push(Modal::Save(Box::new(save)))
            }
            Action::Cancel if self.is_used() => Outcome::Leave,
            Action::Cancel => Outcome::Push(Modal::Leave(Leave { name: self.token.name.to_string() })),
            _ => Outcome::Stay,
        }
    }
}

/// The question whether to leave a secret behind that nobody has had.
pub struct Leave {
    name: String,
}

impl Leave {
    /// Asks about the secret of the token `name`.
    pub fn new(name: String) -> Self {
        Leave { name }
    }
}

impl Page for Leave {
    fn context(&self) -> Context {
        Context::Leave
    }

    fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let theme = &model.theme;
        let columns = dialog_columns(area);
        let text = format!(
            "The secret of {} was neither shown, copied nor saved. It can't be had again, only regenerated.",
            self.name
        );
        let mut lines: Vec<Line<'static>> = wrap(&text, columns).into_iter().take(3).map(Line::raw).collect();
        lines.resize(4, Line::default());
        let foot = keys(self.context(), model, columns);
        dialog(frame, area, "Leave the secret behind?", lines, 0, foot, theme);
    }

    fn act(&mut self, action: Action, _facts: &Facts<'_>) -> Outcome {
        match action {
            Action::Discard => Outcome::Leave,
            Action::Cancel => Outcome::Close,
            _ => Outcome::Stay,
        }
    }
}
