//! The dialog for the path at which a secret is saved.

use std::sync::Arc;

use ratatui::style::Style;

use crate::domain::name::TokenName;
use crate::domain::secret::Secret;
use crate::platform::paths;
use crate::tui::component::{Intent, Reply, UpdateContext};
use crate::tui::effect::Effect;
use crate::tui::keymap::Context;
use crate::tui::model::Model;
use crate::tui::widget::form::{Dialog, Form, PressResult, Problem, fields};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;

/// Maximum length of a path, in bytes.
const MAX_PATH: usize = 4096;

/// The dialog for the path of a secret's file.
pub struct SaveSecretDialog {
    path: TextInput,
    secret: Arc<Secret>,
}

impl SaveSecretDialog {
    /// Opens the dialog to save the secret of the token `name`.
    pub fn new(name: &TokenName, secret: Arc<Secret>) -> Form<Self> {
        Form::new(SaveSecretDialog { path: TextInput::new(MAX_PATH).with(&format!("{name}.token")), secret })
    }
}

fields! { SaveSecretDialog, dialog:
    Path => Text(&mut dialog.path),
}

impl Dialog for SaveSecretDialog {
    const LABEL_WIDTH: usize = 10;

    fn id(&self) -> &'static str {
        "save-secret"
    }

    fn context(&self) -> Context {
        Context::SaveSecret
    }

    fn title(&self) -> String {
        "Save the secret to a file".to_owned()
    }

    fn press(&mut self, _field: Field, _ctx: &UpdateContext<'_>) -> PressResult<Field> {
        if self.path.is_empty() {
            return Ok(Intent::Stay);
        }
        Ok(Intent::Run(Effect::Save(paths::expand_home(self.path.text()), Arc::clone(&self.secret))))
    }

    fn on_reply(&mut self, reply: &mut Reply, _ctx: &UpdateContext<'_>) -> Option<PressResult<Field>> {
        match reply {
            Reply::Saved(Ok(_)) => Some(Ok(Intent::Close(None))),
            Reply::Saved(Err(error)) => Some(Err(Problem::general(error))),
            Reply::Response(_) | Reply::Catalogue(_) | Reply::Copied(_) => None,
        }
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, _model: &Model) {
        layout.text_line("Only you can read the file. jeton never overwrites an existing file.", Style::new());
        layout.wide_text_input(Field::Path, "New file", &self.path);
        layout.blank();
        layout.problem(3);
    }
}
