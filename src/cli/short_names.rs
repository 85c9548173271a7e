//! Methods and API sets as people type them, with or without the name of the catalogue.

use std::collections::BTreeSet;

use super::App;
use crate::domain::api_selection::{Selection, SelectionEdit};
use crate::domain::catalogue::Catalogue;
use crate::domain::catalogue::short_names::{full_method_id, full_set_name};
use crate::domain::method::MethodId;
use crate::error::{Kind, Result};
use crate::selected_backend::SelectedBackend;
use crate::verbs::catalogue::ListCatalogues;
use crate::verbs::credential::Credential;

impl App {
    /// Returns the full id of a method. `credential` is that of the command.
    pub(super) fn full_method(&self, credential: &Credential, typed: MethodId) -> Result<MethodId> {
        full_method_id(&self.catalogues_for_names(credential)?, &typed)
    }

    /// Returns the selection with full names.
    pub(super) fn full_selection(&self, credential: &Credential, typed: Selection) -> Result<Selection> {
        Ok(match typed {
            Selection::Sets(names) => Selection::Sets(full_sets(&self.catalogues_for_names(credential)?, &names)?),
            Selection::Custom(methods) if !methods.is_empty() => {
                Selection::Custom(full_methods(&self.catalogues_for_names(credential)?, &methods)?)
            }
            Selection::Custom(_) | Selection::Inherit => typed,
        })
    }

    /// Returns the edit with full names.
    pub(super) fn full_edit(&self, credential: &Credential, typed: SelectionEdit) -> Result<SelectionEdit> {
        Ok(match typed {
            SelectionEdit::Replace(selection) => SelectionEdit::Replace(self.full_selection(credential, selection)?),
            SelectionEdit::Sets { add, drop } => {
                let catalogues = self.catalogues_for_names(credential)?;
                SelectionEdit::Sets { add: full_sets(&catalogues, &add)?, drop: full_sets(&catalogues, &drop)? }
            }
            SelectionEdit::Methods { add, drop } => {
                let catalogues = self.catalogues_for_names(credential)?;
                SelectionEdit::Methods {
                    add: full_methods(&catalogues, &add)?,
                    drop: full_methods(&catalogues, &drop)?,
                }
            }
        })
    }

    /// Returns the catalogues; none if the caller may not read them. Names then have to be full.
    pub(super) fn catalogues_for_names(&self, credential: &Credential) -> Result<Vec<Catalogue>> {
        let credential = match self.backend {
            SelectedBackend::Local(_) => &Credential::Store,
            SelectedBackend::Remote(_) => credential,
        };
        match self.call(credential, ListCatalogues) {
            Err(error) if error.kind == Kind::Denied => Ok(Vec::new()),
            read => read,
        }
    }
}

fn full_sets(catalogues: &[Catalogue], typed: &BTreeSet<String>) -> Result<BTreeSet<String>> {
    typed.iter().map(|name| full_set_name(catalogues, name)).collect()
}

fn full_methods(catalogues: &[Catalogue], typed: &BTreeSet<MethodId>) -> Result<BTreeSet<MethodId>> {
    typed.iter().map(|id| full_method_id(catalogues, id)).collect()
}
