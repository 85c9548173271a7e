//! The form for applying a catalogue, from a file or built in. A preview comes first.

use ratatui::style::Style;

use super::widen::Widen;
use super::{told, wanted};
use crate::domain::catalogue::Catalogue;
use crate::error::{Error, Kind as ErrorKind};
use crate::platform::paths;
use crate::tui::modal::Modal;
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::field::Field;
use crate::tui::widget::form::{Dialog, Form, Kind, Pressed, Problem};
use crate::tui::widget::passage::is_tight;
use crate::tui::widget::sheet::Sheet;
use crate::verbs::catalogue::{CataloguePreview, PreviewCatalogue};

/// Maximum length of a path, in bytes.
const PATH_MAX: usize = 4096;

/// The focused part of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The name or path.
    Source,
}

/// The form for applying a catalogue.
pub struct Apply {
    source: Field,
    /// The catalogue read, while its preview is awaited.
    read: Option<Catalogue>,
}

impl Apply {
    /// Opens the form with an empty field.
    pub fn open() -> Form<Self> {
        Form::new(Apply { source: Field::new(PATH_MAX), read: None })
    }

    /// Takes the catalogue read and requests a preview.
    ///
    /// # Errors
    /// None; the preview may be refused.
    pub fn read(&mut self, catalogue: Catalogue) -> Pressed<Slot> {
        self.read = Some(catalogue.clone());
        Ok(Outcome::Ask(PreviewCatalogue { catalogue }.into()))
    }

    /// Takes the preview: shows the changes and asks for confirmation.
    ///
    /// # Errors
    /// The catalogue changes nothing.
    pub fn previewed(&mut self, preview: CataloguePreview) -> Pressed<Slot> {
        let Some(catalogue) = self.read.take() else { return Ok(Outcome::Stay) };
        if preview.is_empty() {
            return Err(Problem::said(format!("{} says what is in force already: nothing would change", preview.name)));
        }
        if preview.widening.count > 0 || !preview.made_public.is_empty() {
            return Ok(Outcome::Push(Modal::Widen(Box::new(Widen::open(catalogue, &preview)))));
        }
        Ok(Outcome::Confirm(wanted(&catalogue, told(&preview), None, None)))
    }
}

impl Dialog for Apply {
    type Slot = Slot;
    const LABELS: usize = 11;

    fn title(&self) -> String {
        "Apply a catalogue".to_owned()
    }

    fn slots(&self) -> Vec<(Slot, Kind)> {
        vec![(Slot::Source, Kind::Field)]
    }

    fn field(&mut self, _slot: Slot) -> Option<&mut Field> {
        Some(&mut self.source)
    }

    fn press(&mut self, _slot: Slot, _facts: &Facts<'_>) -> Pressed<Slot> {
        match self.source.text().trim() {
            "" => Err(Problem::at(Slot::Source, "Type a name or a path")),
            source => Ok(Outcome::Read(paths::expand_home(source))),
        }
    }

    fn refused(&mut self, error: Error) -> Pressed<Slot> {
        self.read = None;
        match error.kind {
            // The remedy in the error is for the command line.
            ErrorKind::Conflict => {
                let text = format!("{}. Something else was changed meanwhile: Enter previews it anew", error.what);
                Err(Problem::said(text))
            }
            ErrorKind::Failure
            | ErrorKind::Usage
            | ErrorKind::NotFound
            | ErrorKind::Unauthenticated
            | ErrorKind::Denied
            | ErrorKind::Findings
            | ErrorKind::Cancelled => Err(Problem::said(error)),
        }
    }

    fn fill(&self, sheet: &mut Sheet<'_, Slot>, _model: &Model) {
        sheet.paragraph("A TOML file, or cloud-platform, which comes with jeton.", 2, Style::new());
        if !is_tight(sheet.rows) {
            sheet.paragraph("What it changes is shown first.", 1, Style::new());
            sheet.blank();
        }
        sheet.long_field(Slot::Source, "Catalogue", &self.source);
        if sheet.has_problem() {
            sheet.problem(3);
            return;
        }
        let end = sheet.height() + 3;
        let openapi = "OpenAPI is read on the command line: jeton catalogue import openapi FILE";
        sheet.paragraph(openapi, 3, sheet.theme.dim);
        sheet.pad(end);
    }
}
