//! The choice of permitted methods inside a form: API sets, *Inherit*, the picker's selection, or nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use ratatui::style::Style;
use ratatui::text::Span;

use crate::domain::api_selection::{Selection, set_label};
use crate::domain::catalogue::Catalogue;
use crate::domain::catalogue::effective_rights::{Ceilings, EffectiveRights};
use crate::domain::catalogue::permission_index::PermissionIndex;
use crate::domain::role::Role;
use crate::tui::component::Intent;
use crate::tui::keymap::Action;
use crate::tui::modal::picker::Picker;
use crate::tui::modal::picker::used_methods::UsedMethods;
use crate::tui::text_fit::{cut, fit, width};
use crate::tui::widget::choices::Choices;
use crate::tui::widget::form_layout::FormLayout;
use crate::tui::widget::scroll_range::{first_row, hidden_rows};

/// A row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ApiRow {
    /// A set, by position over all catalogues.
    Set(usize),
    Inherit,
    /// The picker's selection.
    Picked,
    Nothing,
}

/// Minimum number of columns of the names before the titles.
const MIN_NAME_COLUMNS: usize = 20;
/// Minimum number of columns for a useful part of a title.
const MIN_TITLE_COLUMNS: usize = 12;

/// The choice of permitted methods.
pub struct ApiChoice {
    catalogues: Arc<[Catalogue]>,
    /// The role that limits the picker's selection.
    role: Role,
    selected: ApiRow,
    /// The picker's selection; `None` before the picker was used.
    picked: Option<Selection>,
    /// The methods that the token has called, if the token exists and its usage is loaded.
    usage: Option<Arc<UsedMethods>>,
}

impl ApiChoice {
    /// Creates a choice for a token of an account with `role`; begins at nothing.
    pub fn new(catalogues: Arc<[Catalogue]>, role: Role) -> Self {
        ApiChoice { catalogues, role, selected: ApiRow::Nothing, picked: None, usage: None }
    }

    /// Creates a choice that begins at `selection`.
    pub fn with_selection(catalogues: Arc<[Catalogue]>, role: Role, selection: Selection) -> Self {
        let mut choice = Self::new(catalogues, role);
        choice.select_selection(selection);
        choice
    }

    /// Takes the methods that the token has called.
    pub fn set_usage(&mut self, used: UsedMethods) {
        self.usage = Some(Arc::new(used));
    }

    fn picker(&self) -> Picker {
        let picker = Picker::pick(Arc::clone(&self.catalogues), self.selection(), self.role);
        picker.with_usage(self.usage.clone())
    }

    /// Usage summary for a custom selection or an API set; `None` for *Inherit* and nothing. `Err` is the reason why
    /// unused methods can't be dropped.
    pub fn describe_usage(&self) -> Option<Result<String, String>> {
        match self.selected {
            ApiRow::Inherit | ApiRow::Nothing => None,
            ApiRow::Picked if self.picked.is_none() => None,
            ApiRow::Set(_) | ApiRow::Picked => Some(match &self.usage {
                None => Err("reading…".to_owned()),
                Some(used) => used.uncertainty().map_or_else(|| Ok(used.describe()), Err),
            }),
        }
    }

    /// Returns `true` if the usage of the token is known.
    pub fn has_usage(&self) -> bool {
        self.usage.is_some()
    }

    /// Opens the picker with the unused methods dropped.
    ///
    /// # Errors
    /// The reason, in words, why they can't be dropped.
    pub fn drop_unused(&self) -> Result<Intent, String> {
        let mut picker = self.picker();
        picker.drop_unused()?;
        Ok(Intent::push(picker))
    }

    /// Returns a warning about the choice; `None` if all its methods can be called.
    pub fn warning(&self) -> Option<String> {
        if self.selected == ApiRow::Inherit {
            return None;
        }
        let ceilings = Ceilings { account: self.role, issued: self.role };
        let rights = PermissionIndex::new(&self.catalogues);
        EffectiveRights::new(&self.catalogues, &rights, &self.selection(), ceilings, None).warning()
    }

    /// Starts again at `selection` and forgets the picker's selection.
    pub fn reset(&mut self, selection: Selection) {
        self.picked = None;
        self.select_selection(selection);
    }

    /// Returns `true` if anything other than `selection` was chosen or picked.
    pub fn differs_from(&self, selection: &Selection) -> bool {
        self.selection() != *selection || self.picked.as_ref().is_some_and(|picked| picked != selection)
    }

    /// Returns the chosen selection.
    pub fn selection(&self) -> Selection {
        match self.selected {
            ApiRow::Set(place) => match self.catalogues.iter().flat_map(|c| &c.sets).nth(place) {
                Some(set) => Selection::Sets(BTreeSet::from([set.name.clone()])),
                None => Selection::nothing(),
            },
            ApiRow::Inherit => Selection::Inherit,
            ApiRow::Picked => self.picked.clone().unwrap_or_else(Selection::nothing),
            ApiRow::Nothing => Selection::nothing(),
        }
    }

    /// Chooses `selection`. If another row means the same, that row is chosen.
    pub fn select_selection(&mut self, selection: Selection) {
        let names: Vec<&String> = self.catalogues.iter().flat_map(|c| &c.sets).map(|s| &s.name).collect();
        self.selected = match &selection {
            Selection::Inherit => ApiRow::Inherit,
            Selection::Custom(methods) if methods.is_empty() => ApiRow::Nothing,
            Selection::Sets(sets) if sets.len() == 1 => {
                names.iter().position(|n| sets.contains(*n)).map_or(ApiRow::Picked, ApiRow::Set)
            }
            Selection::Sets(_) | Selection::Custom(_) => ApiRow::Picked,
        };
        if self.selected == ApiRow::Picked {
            self.picked = Some(selection);
        }
    }

    fn rows(&self) -> Vec<ApiRow> {
        let sets = self.catalogues.iter().map(|c| c.sets.len()).sum();
        let mut rows: Vec<ApiRow> = (0..sets).map(ApiRow::Set).collect();
        rows.extend([ApiRow::Inherit, ApiRow::Picked, ApiRow::Nothing]);
        rows
    }

    /// Sets the role of the account that will own the token.
    pub fn set_role(&mut self, role: Role) {
        self.role = role;
    }

    /// Handles actions that are special to this list: *Custom* opens the picker.
    pub fn on_action(&mut self, action: Action) -> Option<Intent> {
        match action {
            Action::Accept | Action::Select if self.selected == ApiRow::Picked => Some(Intent::push(self.picker())),
            _ => None,
        }
    }

    fn row_texts(&self) -> Vec<(String, String)> {
        let sets = self.catalogues.iter().flat_map(|c| &c.sets);
        let mut rows: Vec<(String, String)> =
            sets.map(|s| (set_label(&s.name).into_owned(), s.title.clone())).collect();
        rows.push(("Inherit".to_owned(), "the role's methods, except jeton.*".to_owned()));
        rows.push(match &self.picked {
            None => ("Custom…".to_owned(), "Space opens the method picker".to_owned()),
            Some(Selection::Sets(sets)) => {
                let names: Vec<&str> = sets.iter().map(String::as_str).collect();
                (format!("{} sets…", sets.len()), names.join(", "))
            }
            Some(picked) => (format!("Custom: {}…", picked.summary()), "a choice of single methods".to_owned()),
        });
        rows.push(("no access".to_owned(), "can't call any method".to_owned()));
        rows
    }

    /// Writes the list. `other_lines` is the number of other lines in the form and its box. The list never exceeds the
    /// screen. If it is longer, it scrolls around the chosen row, and its last line says how many rows are hidden.
    pub fn draw<S: Copy + PartialEq>(&self, layout: &mut FormLayout<'_, S>, field: S, other_lines: usize) {
        let theme = layout.theme;
        let texts = self.row_texts();
        let room = layout.rows.saturating_sub(other_lines).max(1);
        let listed = if texts.len() > room { room.saturating_sub(1).max(1) } else { texts.len() };
        let selected = self.selected();
        let first = first_row(selected, texts.len(), listed);
        let longest = texts.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
        for (i, (name, title)) in texts.iter().enumerate().skip(first).take(listed) {
            let head = if i == first { layout.label(field, "API") } else { layout.indent() };
            let chosen = i == selected;
            let style = if chosen && layout.is_focused(field) { theme.accent } else { Style::new() };
            let mark = if chosen { "(•) " } else { "( ) " };
            let room = layout.columns.saturating_sub(head.width() + 4);
            let name_columns = longest.min(room.saturating_sub(MIN_TITLE_COLUMNS + 1)).max(MIN_NAME_COLUMNS.min(room));
            // The chosen name is shown whole, if need be instead of its title.
            let name_columns = if chosen { name_columns.max(width(name)).min(room) } else { name_columns };
            let room = room.saturating_sub(name_columns + 1);
            let name = Span::styled(format!("{mark}{} ", fit(name, name_columns)), style);
            if chosen {
                layout.keep_visible(field);
            }
            layout.line(vec![head, name, Span::styled(cut(title, room), theme.dim)]);
        }
        if let Some(hidden) = hidden_rows(first, texts.len() - first - listed, "choice").filter(|_| room > 1) {
            layout.note(&format!("    {hidden}"), theme.dim);
        }
    }
}

impl Choices for ApiChoice {
    fn count(&self) -> usize {
        self.rows().len()
    }

    fn selected(&self) -> usize {
        self.rows().iter().position(|row| *row == self.selected).unwrap_or(0)
    }

    fn select(&mut self, place: usize) {
        if let Some(row) = self.rows().get(place) {
            self.selected = *row;
        }
    }
}
