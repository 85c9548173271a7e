//! The dialog for the path at which a secret is saved.

use std::sync::Arc;

use ratatui::style::Style;

use crate::domain::name::TokenName;
use crate::domain::secret::Secret;
use crate::platform::paths;
use crate::tui::effect::Effect;
use crate::tui::keymap::Context;
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::field::Field;
use crate::tui::widget::form::{Dialog, Form, Kind, Pressed};
use crate::tui::widget::sheet::Sheet;

/// Maximum length of a path, in bytes.
const PATH_MAX: usize = 4096;

/// The dialog that asks for a path.
pub struct Save {
    path: Field,
    secret: Arc<Secret>,
}

impl Save {
    /// Opens the dialog to save the secret of the token `name`.
    pub fn open(name: &TokenName, secret: Arc<Secret>) -> Form<Self> {
        Form::new(Save { path: Field::new(PATH_MAX).with(&format!("{name}.token")), secret })
    }
}

impl Dialog for Save {
    /// The dialog has one part.
    type Slot = ();
    const LABELS: usize = 10;
    const FIELDS: Context = Context::Save;

    fn title(&self) -> String {
        "Save the secret to a file".to_owned()
    }

    fn slots(&self) -> Vec<((), Kind)> {
        vec![((), Kind::Field)]
    }

    fn field(&mut self, (): ()) -> Option<&mut Field> {
        Some(&mut self.path)
    }

    fn press(&mut self, (): (), _facts: &Facts<'_>) -> Pressed<()> {
        if self.path.is_empty() {
            return Ok(Outcome::Stay);
        }
        Ok(Outcome::Do(Effect::Save(paths::expand_home(self.path.text()), Arc::clone(&self.secret))))
    }

    fn fill(&self, sheet: &mut Sheet<'_, ()>, _model: &Model) {
        sheet.text("Readable by you only; nothing that is there already is overwritten.", Style::new());
        sheet.long_field((), "New file", &self.path);
        sheet.blank();
        sheet.problem(3);
    }
}
