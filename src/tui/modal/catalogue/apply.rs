//! The form for applying a catalogue, from a file or built in. A preview comes first.

use std::ffi::OsStr;
use std::path::Path;

use ratatui::style::Style;

use super::CatalogueChange;
use crate::error::{Error, Fault};
use crate::import::openapi::ImportResult;
use crate::platform::{catalogue_file, paths};
use crate::tui::component::{Intent, Reply, UpdateContext};
use crate::tui::effect::CatalogueSource;
use crate::tui::model::Model;
use crate::tui::widget::form::{Dialog, Form, PressResult, Problem, fields};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::catalogue::{CataloguePreview, PreviewCatalogue};
use crate::verbs::request::Response;

/// Maximum length of a path, in bytes.
const MAX_PATH: usize = 4096;
/// Maximum length of a catalogue's name.
const MAX_NAME: usize = 64;

fields! { ApplyCatalogueDialog, form:
    /// The name or path.
    Source => Text(&mut form.source),
    /// The name for the catalogue of an OpenAPI document.
    Name if form.may_be_document() => Text(&mut form.name),
}

/// The form for applying a catalogue.
pub struct ApplyCatalogueDialog {
    source: TextInput,
    name: TextInput,
    /// The catalogue read, while its preview is awaited.
    pending: Option<ImportResult>,
}

impl ApplyCatalogueDialog {
    /// Opens the form with empty fields.
    pub fn new() -> Form<Self> {
        let (source, name) = (TextInput::new(MAX_PATH), TextInput::new(MAX_NAME));
        Form::new(ApplyCatalogueDialog { source, name, pending: None })
    }

    /// Returns `true` if the typed path looks like that of an OpenAPI document. Its content decides.
    fn may_be_document(&self) -> bool {
        let extension = Path::new(self.source.text().trim()).extension().and_then(OsStr::to_str);
        extension.is_some_and(|end| ["json", "yaml", "yml"].iter().any(|one| end.eq_ignore_ascii_case(one)))
    }

    /// Returns what was typed.
    fn source(&self) -> CatalogueSource {
        let name = Some(self.name.text().trim()).filter(|name| !name.is_empty() && self.may_be_document());
        CatalogueSource { path: paths::expand_home(self.source.text().trim()), name: name.map(str::to_owned) }
    }

    /// Takes the catalogue read and requests a preview.
    ///
    /// # Errors
    /// None; the preview may be refused.
    fn on_catalogue(&mut self, loaded: ImportResult) -> PressResult<Field> {
        let catalogue = loaded.catalogue.clone();
        self.pending = Some(loaded);
        Ok(Intent::query(PreviewCatalogue { catalogue }))
    }

    /// Takes the preview: shows the changes and requests confirmation.
    ///
    /// # Errors
    /// The catalogue changes nothing.
    fn on_preview(&mut self, preview: &CataloguePreview, ctx: &UpdateContext<'_>) -> PressResult<Field> {
        let Some(loaded) = self.pending.take() else { return Ok(Intent::Stay) };
        if preview.is_empty() {
            return Err(Problem::general(format!(
                "Nothing would change: the store already has the same catalogue {}",
                preview.name
            )));
        }
        Ok(CatalogueChange { loaded, source: self.source(), preview: preview.clone() }.pending().confirm(ctx))
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
            "" => {
                let text =
                    "Enter the path of a catalogue file or an OpenAPI document, or cloud-platform for the sample";
                Err(Problem::at(Field::Source, text))
            }
            _ => Ok(Intent::read_catalogue(self.source())),
        }
    }

    fn on_reply(&mut self, reply: &mut Reply, ctx: &UpdateContext<'_>) -> Option<PressResult<Field>> {
        match reply {
            Reply::Catalogue(loaded) => Some(self.on_catalogue(loaded.clone())),
            Reply::Response(Response::PreviewCatalogue(preview)) => Some(self.on_preview(preview, ctx)),
            _ => None,
        }
    }

    fn on_error(&mut self, error: Error) -> PressResult<Field> {
        self.pending = None;
        // The remedy in an error about the confirmed numbers is for the command line.
        match error.has_fault(Fault::Unconfirmed) || error.has_fault(Fault::ChangedMeanwhile) {
            true => Err(Problem::general(format!("{}. Press Enter for a new preview", error.what))),
            false => Err(Problem::general(error)),
        }
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, _model: &Model) {
        let intro = "Enter the path of a catalogue file (TOML) or of an OpenAPI document (JSON or YAML). Enter \
                     cloud-platform for the sample catalogue. You see a preview before anything is changed.";
        layout.text_line(intro, Style::new());
        layout.blank();
        layout.wide_text_input(Field::Source, "Catalogue", &self.source);
        if self.may_be_document() {
            layout.text_input(Field::Name, "Name", &self.name);
        } else {
            layout.blank();
        }
        if layout.has_problem() {
            layout.problem(3);
            return;
        }
        let end = layout.height() + 3;
        let hint = if self.may_be_document() {
            let name = catalogue_file::catalogue_name(&self.source().path);
            format!(
                "Without a name, the catalogue is called {name}. For more options of an import, run: jeton catalogue import openapi --help"
            )
        } else {
            String::new()
        };
        layout.text_line(&hint, layout.theme.dim);
        layout.pad(end);
    }
}
