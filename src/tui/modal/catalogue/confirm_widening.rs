//! Confirmation of a catalogue that gives tokens more methods, or makes methods public. Both are listed, and their
//! numbers must be typed. The verb compares the numbers again.

use super::{pending_apply, preview_text};
use crate::domain::catalogue::Catalogue;
use crate::error::Error;
use crate::tui::component::{Answer, Intent, UpdateContext};
use crate::tui::model::Model;
use crate::tui::text_fit::count_noun;
use crate::tui::widget::form::{Dialog, FieldKind, Form, PressResult, Problem};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::scroll_text::{ScrollText, is_tight};
use crate::tui::widget::text_input::TextInput;
use crate::verbs::catalogue::CataloguePreview;

/// The focused part of the dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The typed number of tokens that gain methods.
    Number,
    /// The typed number of methods that become public.
    Public,
}

/// The confirmation dialog.
pub struct ConfirmWideningDialog {
    catalogue: Catalogue,
    text: ScrollText,
    count: u64,
    confirmation: TextInput,
    public_count: u64,
    public_confirmation: TextInput,
}

impl ConfirmWideningDialog {
    /// Opens the dialog with the `preview` of `catalogue`.
    pub fn new(catalogue: Catalogue, preview: &CataloguePreview) -> Form<Self> {
        Form::new(ConfirmWideningDialog {
            catalogue,
            text: preview_text(preview),
            count: preview.widening.count,
            confirmation: TextInput::new(12),
            public_count: u64::try_from(preview.made_public.len()).unwrap_or(u64::MAX),
            public_confirmation: TextInput::new(12),
        })
    }
}

impl Dialog for ConfirmWideningDialog {
    type Field = Field;
    const LABEL_WIDTH: usize = 26;

    fn id(&self) -> &'static str {
        "confirm-widening"
    }

    fn title(&self) -> String {
        format!("Apply {}", self.catalogue.name)
    }

    fn fields(&self) -> Vec<(Field, FieldKind)> {
        let fields = [(Field::Public, self.public_count), (Field::Number, self.count)];
        fields.into_iter().filter(|(_, count)| *count > 0).map(|(field, _)| (field, FieldKind::Text)).collect()
    }

    fn scroll_text(&self) -> Option<&ScrollText> {
        Some(&self.text)
    }

    fn scroll_text_mut(&mut self) -> Option<&mut ScrollText> {
        Some(&mut self.text)
    }

    fn text_input(&mut self, field: Field) -> Option<&mut TextInput> {
        Some(match field {
            Field::Number => &mut self.confirmation,
            Field::Public => &mut self.public_confirmation,
        })
    }

    fn press(&mut self, _field: Field, ctx: &UpdateContext<'_>) -> PressResult<Field> {
        let typed = [
            (Field::Public, self.public_count, &self.public_confirmation),
            (Field::Number, self.count, &self.confirmation),
        ];
        for (field, count, input) in typed {
            if count > 0 && input.text() != count.to_string() {
                return Err(Problem::at(field, format!("Type the number exactly: {count}")));
            }
        }
        let mut about = Vec::new();
        if self.public_count > 0 {
            let methods = count_noun(self.public_count, "method");
            about.push(format!("After a reload of the proxies, anyone may call {methods} without a token."));
        }
        if self.count > 0 {
            let tokens = count_noun(self.count, "token");
            about.push(format!("From the next request on, {tokens} may call more methods than before."));
        }
        let some = |count: u64| Some(count).filter(|count| *count > 0);
        let about = ScrollText::paragraph(about.join(" "));
        Ok(pending_apply(&self.catalogue, about, some(self.count), some(self.public_count)).confirm(ctx))
    }

    /// The preview shown may be outdated, so a new one is requested.
    fn on_error(&mut self, error: Error) -> PressResult<Field> {
        Ok(Intent::Close(Some(Answer::Error(error))))
    }

    fn draw(&self, layout: &mut FormLayout<'_, Field>, _model: &Model) {
        let tight = is_tight(layout.rows);
        self.text.draw(layout);
        if !tight {
            layout.blank();
        }
        if self.public_count > 0 {
            layout.text_input(Field::Public, "Type number of methods", &self.public_confirmation);
        }
        if self.count > 0 {
            layout.text_input(Field::Number, "Type number of tokens", &self.confirmation);
        }
        layout.problem(if tight { 1 } else { 2 });
    }
}
