//! Where to save a secret.

use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::domain::name::TokenName;
use crate::domain::secret::Secret;
use crate::platform::paths;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Context};
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome, Page};
use crate::tui::widget::field::Field;
use crate::tui::widget::foot::keys;
use crate::tui::widget::frame::{dialog, dialog_columns};
use crate::tui::widget::line::{cut, wrap};

/// The longest path, in bytes.
const PATH_MAX: usize = 4096;

/// The dialog that asks for a path.
pub struct Save {
    path: Field,
    secret: Arc<Secret>,
    problem: Option<String>,
}

impl Save {
    /// Asks where to save the secret of the token `name`.
    pub fn new(name: &TokenName, secret: Arc<Secret>) -> Self {
        Save { path: Field::new(PATH_MAX).with(&format!("{name}.token")), secret, problem: None }
    }

    /// The file could not be made.
    pub fn failed(&mut self, problem: String) {
        self.problem = Some(problem);
    }

    /// Draws the dialog.
    pub fn view(&self, frame: &mut Frame<'_>, area: Rect, model: &Model) {
        let theme = &model.theme;
        let columns = dialog_columns(area);
        let mut spans = vec![Span::styled("New file  ", theme.accent)];
        spans.extend(self.path.spans(columns.saturating_sub(10), true, theme));
        let mut lines = vec![
            Line::raw(cut("Readable by you only; nothing that is there already is overwritten.", columns)),
            Line::from(spans),
            Line::default(),
        ];
        let problem = self.problem.as_deref().unwrap_or("");
        lines.extend(wrap(problem, columns).into_iter().take(3).map(|l| Line::styled(l, theme.danger)));
        lines.resize(6, Line::default());
        let foot = keys(self.context(), model, columns);
        dialog(frame, area, "Save the secret to a file", lines, 1, foot, theme);
    }
}

impl Page for Save {
    fn context(&self) -> Context {
        Context::Save
    }

    fn field(&mut self) -> Option<&mut Field> {
        Some(&mut self.path)
    }

    fn edited(&mut self) -> Outcome {
        self.problem = None;
        Outcome::Stay
    }

    fn act(&mut self, action: Action, _facts: &Facts<'_>) -> Outcome {
        match action {
            Action::Enter if self.path.is_empty() => Outcome::Stay,
            Action::Enter => Outcome::Do(Effect::Save(paths::expanded(self.path.text()), Arc::clone(&self.secret))),
            Action::Cancel => Outcome::Close,
            _ => Outcome::Stay,
        }
    }
}
