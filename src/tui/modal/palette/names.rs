//! Names that a command takes: those that the signed-in account may see.

use super::fuzzy::match_all;
use crate::command_line::{NameKind, Wanted};
use crate::domain::catalogue::Catalogue;
use crate::domain::query::sort::{Sort, SortColumn};
use crate::domain::query::token_filter::TokenFilter;
use crate::tui::component::Intent;
use crate::tui::model::Model;
use crate::verbs::accounts::ListAccounts;
use crate::verbs::ports::TokenCursor;
use crate::verbs::request::Response;
use crate::verbs::tokens::{ListTokens, OwnerFilter};

/// Maximum number of names that are read or shown.
const MAX_NAMES: usize = 100;

/// The names read so far.
#[derive(Default)]
pub struct Names {
    /// Full names of tokens, and their descriptions.
    tokens: Vec<(String, String)>,
    accounts: Option<Vec<(String, String)>>,
}

impl Names {
    /// Reads the names that may follow.
    pub fn read(&self, wanted: &[Wanted], typed: &str) -> Intent {
        let kind = wanted.iter().find_map(|wanted| match wanted {
            Wanted::Names(kind) => Some(*kind),
            Wanted::Words(_) | Wanted::Files | Wanted::Folders => None,
        });
        match kind {
            Some(NameKind::Tokens) => read_tokens(typed, false),
            Some(NameKind::TrashedTokens) => read_tokens(typed, true),
            Some(NameKind::Accounts) if self.accounts.is_none() => Intent::read(ListAccounts),
            _ => Intent::Stay,
        }
    }

    /// Takes names out of a reply. Returns `true` if there were any.
    pub fn take(&mut self, response: &Response) -> bool {
        match response {
            Response::ListTokens(window) => {
                let name = |token: &crate::domain::token::Token| (token.full_name(), token.description.to_string());
                self.tokens = window.rows.iter().map(name).collect();
            }
            Response::ListAccounts(list) => {
                let accounts = list.accounts.iter().map(|row| &row.account);
                let name = |account: &crate::domain::account::Account| {
                    (account.username.to_string(), account.role.as_str().to_owned())
                };
                self.accounts = Some(accounts.map(name).collect());
            }
            _ => return false,
        }
        true
    }

    /// Returns the words that may follow and match `typed`, the best first: text, help and matched characters.
    pub fn matching(&self, wanted: &[Wanted], typed: &str, model: &Model) -> Vec<(String, String, Vec<usize>)> {
        let names = wanted.iter().flat_map(|wanted| self.candidates(wanted, model));
        let mut found: Vec<_> = names
            .filter_map(|(name, help)| {
                let found = match_all(&name, typed)?;
                Some((!name.starts_with(typed), std::cmp::Reverse(found.score), name, help, found.positions))
            })
            .collect();
        found.sort();
        found.truncate(MAX_NAMES);
        found.into_iter().map(|(_, _, name, help, positions)| (name, help, positions)).collect()
    }

    fn candidates(&self, wanted: &Wanted, model: &Model) -> Vec<(String, String)> {
        let of_catalogues = |words: fn(&Catalogue) -> Vec<(String, String)>| -> Vec<_> {
            model.catalogues.iter().flat_map(words).collect()
        };
        match wanted {
            Wanted::Words(words) => words.iter().map(|word| (word.text.clone(), word.help.clone())).collect(),
            Wanted::Names(NameKind::Tokens | NameKind::TrashedTokens) => self.tokens.clone(),
            Wanted::Names(NameKind::Accounts) => self.accounts.clone().unwrap_or_default(),
            Wanted::Names(NameKind::Catalogues) => {
                of_catalogues(|catalogue| vec![(catalogue.name.to_string(), catalogue.title.to_string())])
            }
            Wanted::Names(NameKind::Methods) => of_catalogues(methods),
            Wanted::Names(NameKind::Sets) => of_catalogues(sets),
            Wanted::Names(NameKind::CatalogueEntries) => {
                of_catalogues(|catalogue| sets(catalogue).into_iter().chain(methods(catalogue)).collect())
            }
            Wanted::Names(NameKind::Settings | NameKind::Servers) | Wanted::Files | Wanted::Folders => Vec::new(),
        }
    }
}

fn sets(catalogue: &Catalogue) -> Vec<(String, String)> {
    catalogue.sets.iter().map(|set| (set.name.to_string(), set.title.to_string())).collect()
}

fn methods(catalogue: &Catalogue) -> Vec<(String, String)> {
    catalogue.methods().map(|method| (method.id.as_str().to_owned(), method.title.to_string())).collect()
}

fn read_tokens(typed: &str, trashed: bool) -> Intent {
    let (account, word) = typed.rsplit_once('/').map_or((None, typed), |(account, word)| (Some(account), word));
    let filter = TokenFilter {
        words: [word].into_iter().filter(|word| !word.is_empty()).map(str::to_lowercase).collect(),
        account: account.filter(|account| !account.is_empty()).map(str::to_lowercase),
        ..TokenFilter::default()
    };
    let sort = Sort { column: SortColumn::Name, descending: false };
    let cursor = TokenCursor::Start;
    Intent::read(ListTokens { owner: OwnerFilter::All, filter, sort, trashed, cursor, limit: MAX_NAMES })
}
