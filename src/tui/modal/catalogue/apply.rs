//! The form for applying a catalogue, from a file or built in. A preview comes first.

use std::path::PathBuf;

use ratatui::style::Style;

use super::CatalogueChange;
use crate::domain::catalogue::Catalogue;
use crate::error::{Error, Kind as ErrorKind};
use crate::platform::paths;
use crate::tui::component::{Intent, Reply, UpdateContext};
use crate::tui::model::Model;
use crate::tui::widget::form::{Dialog, Form, PressResult, Problem, fields};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::catalogue::{CataloguePreview, PreviewCatalogue};
use crate::verbs::request::Response;

/// Maximum length of a path, in bytes.
const MAX_PATH: usize = 4096;

fields! { ApplyCatalogueDialog, form:
    /// The name or path.
    Source => Text(&mut form.source),
}

/// The form for applying a catalogue.
pub struct ApplyCatalogueDialog {
    source: TextInput,
    /// The catalogue read, while its preview is awaited.
    pending: Option<Catalogue>,
}

impl ApplyCatalogueDialog {
    /// Opens the form with an empty field.
    pub fn new() -> Form<Self> {
        Form::new(ApplyCatalogueDialog { source: TextInput::new(MAX_PATH), pending: None })
    }

    /// Returns the typed path or name.
    fn path(&self) -> PathBuf {
        paths::expand_home(self.source.text().trim())
    }

    /// Takes the catalogue read and requests a preview.
    ///
    /// # Errors
    /// None; the preview may be refused.
    fn on_catalogue(&mut self, catalogue: Catalogue) -> PressResult<Field> {
        self.pending = Some(catalogue.clone());
        Ok(Intent::query(PreviewCatalogue { catalogue }))
    }

    /// Takes the preview: shows the changes and requests confirmation.
    ///
    /// # Errors
    /// The catalogue changes nothing.
    fn on_preview(&mut self, preview: &CataloguePreview, ctx: &UpdateContext<'_>) -> PressResult<Field> {
        let Some(catalogue) = self.pending.take() else { return Ok(Intent::Stay) };
        if preview.is_empty() {
            return Err(Problem::general(format!(
                "Catalogue {} is already applied: nothing would change",
                preview.name
            )));
        }
        let source = self.path().display().to_string();
        Ok(CatalogueChange { catalogue, source, preview: preview.clone() }.pending().confirm(ctx))
    }
}

impl Dialog for ApplyCatalogueDialog {
    const LABEL_WIDTH: usize = 11;

    fn id(&self) -> &'static str {
        "apply-catalogue"
    }

    fn title(&self) -> String {
        "Apply a catalogue".to_owned()
    }

    fn press(&mut self, _field: Field, _ctx: &UpdateContext<'_>) -> PressResult<Field> {
        match self.source.text().trim() {
            "" => Err(Problem::at(Field::Source, "Enter the path of a file, or cloud-platform")),
            _ => Ok(Intent::read_catalogue(self.path())),
        }
    }

    fn on_reply(&mut self, reply: &mut Reply, ctx: &UpdateContext<'_>) -> Option<PressResult<Field>> {
        match reply {
            Reply::Catalogue(source) => Some(self.on_catalogue(source.catalogue.clone())),
            Reply::Response(Response::PreviewCatalogue(preview)) => Some(self.on_preview(preview, ctx)),
            _ => None,
        }
    }

    fn on_error(&mut self, error: Error) -> PressResult<Field> {
        self.pending = None;
        match error.kind {
            // The remedy in the error is for the command line.
            ErrorKind::Conflict => {
                let text =
                    format!("{}. The store changed after the preview: press Enter for a new preview", error.what);
                Err(Problem::general(text))
            }
            ErrorKind::Failure
            | ErrorKind::Usage
            | ErrorKind::NotFound
            | ErrorKind::Unauthenticated
            | ErrorKind::Denied
            | ErrorKind::Findings
            | ErrorKind::Cancelled => Err(Problem::general(error)),
        }
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, _model: &Model) {
        layout.text_line("Enter a catalogue file (TOML), an OpenAPI document, or cloud-platform.", Style::new());
        layout.text_line("jeton shows the changes before it applies the catalogue.", Style::new());
        layout.blank();
        layout.wide_text_input(Field::Source, "Catalogue", &self.source);
        if layout.has_problem() {
            layout.problem(3);
            return;
        }
        let end = layout.height() + 3;
        let options = "For options of an import, run: jeton catalogue import openapi --help";
        layout.text_line(options, layout.theme.dim);
        layout.pad(end);
    }
}
