//! Confirmation of a catalogue that gives tokens more methods, or makes methods public. Both are listed, and their
//! numbers must be typed. The verb compares the numbers again.

use super::{told, wanted};
use crate::domain::catalogue::Catalogue;
use crate::error::Error;
use crate::tui::model::Model;
use crate::tui::screen::{Facts, Outcome};
use crate::tui::widget::form::{Dialog, FieldKind, Form, PressResult, Problem};
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::scroll_text::{ScrollText, is_tight};
use crate::tui::widget::text_fit::count_noun;
use crate::tui::widget::text_input::TextInput;
use crate::verbs::catalogue::CataloguePreview;

/// The focused part of the dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// The typed number of tokens that gain methods.
    Number,
    /// The typed number of methods that become public.
    Public,
}

/// The confirmation dialog.
pub struct Widen {
    catalogue: Catalogue,
    told: ScrollText,
    count: u64,
    typed: TextInput,
    public_count: u64,
    typed_public: TextInput,
}

impl Widen {
    /// Opens the dialog with the `preview` of `catalogue`.
    pub fn open(catalogue: Catalogue, preview: &CataloguePreview) -> Form<Self> {
        Form::new(Widen {
            catalogue,
            told: told(preview),
            count: preview.widening.count,
            typed: TextInput::new(12),
            public_count: u64::try_from(preview.made_public.len()).unwrap_or(u64::MAX),
            typed_public: TextInput::new(12),
        })
    }
}

impl Dialog for Widen {
    type Field = Slot;
    const LABEL_WIDTH: usize = 26;

    fn title(&self) -> String {
        format!("Apply {}", self.catalogue.name)
    }

    fn fields(&self) -> Vec<(Slot, FieldKind)> {
        let slots = [(Slot::Public, self.public_count), (Slot::Number, self.count)];
        slots.into_iter().filter(|(_, count)| *count > 0).map(|(slot, _)| (slot, FieldKind::Text)).collect()
    }

    fn scroll_text(&self) -> Option<&ScrollText> {
        Some(&self.told)
    }

    fn scroll_text_mut(&mut self) -> Option<&mut ScrollText> {
        Some(&mut self.told)
    }

    fn text_input(&mut self, slot: Slot) -> Option<&mut TextInput> {
        Some(match slot {
            Slot::Number => &mut self.typed,
            Slot::Public => &mut self.typed_public,
        })
    }

    fn press(&mut self, _slot: Slot, _facts: &Facts<'_>) -> PressResult<Slot> {
        let typed = [(Slot::Public, self.public_count, &self.typed_public), (Slot::Number, self.count, &self.typed)];
        for (slot, count, field) in typed {
            if count > 0 && field.text() != count.to_string() {
                return Err(Problem::at(slot, format!("Type their number exactly: {count}")));
            }
        }
        let mut about = Vec::new();
        if self.public_count > 0 {
            let methods = count_noun(self.public_count, "method");
            about.push(format!("Everybody may call {methods} without a token, once the proxies have it."));
        }
        if self.count > 0 {
            let gain = if self.count == 1 { "gains" } else { "gain" };
            about.push(format!("{} {gain} methods, from the next request on.", count_noun(self.count, "token")));
        }
        let some = |count: u64| Some(count).filter(|count| *count > 0);
        let about = ScrollText::paragraph(about.join(" "));
        Ok(Outcome::Confirm(wanted(&self.catalogue, about, some(self.count), some(self.public_count))))
    }

    /// The preview shown may be outdated, so a new one is requested.
    fn on_error(&mut self, error: Error) -> PressResult<Slot> {
        Ok(Outcome::Refuse(error))
    }

    fn draw(&self, layout: &mut FormLayout<'_, Slot>, _model: &Model) {
        let tight = is_tight(layout.rows);
        self.told.draw(layout);
        if !tight {
            layout.blank();
        }
        if self.public_count > 0 {
            layout.text_input(Slot::Public, "Number of public methods", &self.typed_public);
        }
        if self.count > 0 {
            layout.text_input(Slot::Number, "Number of those tokens", &self.typed);
        }
        layout.problem(if tight { 1 } else { 2 });
    }
}
