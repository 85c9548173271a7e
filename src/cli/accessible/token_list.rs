//! The list of tokens, and the trash.

use super::super::App;
use super::super::token;
use super::menu::Then;
use super::rows::{List, PAGE_SIZE, Page, browse};
use crate::domain::query::filter_syntax::parse_strict;
use crate::domain::query::sort::Sort;
use crate::domain::query::token_filter::TokenFilter;
use crate::domain::token::{Token, TokenId};
use crate::error::Result;
use crate::verbs::credential::Credential;
use crate::verbs::ports::TokenCursor;
use crate::verbs::tokens::{ListTokens, OwnerFilter};

struct Tokens {
    owner: OwnerFilter,
    trashed: bool,
    filter: TokenFilter,
}

/// Reads out the tokens of `owner`, or those in the trash.
pub(super) fn open(app: &mut App, owner: OwnerFilter, trashed: bool) -> Result<Then> {
    browse(app, Tokens { owner, trashed, filter: TokenFilter::default() })
}

impl List for Tokens {
    type Row = Token;
    /// The token before the page.
    type Anchor = (TokenId, String);
    const ROW: &'static str = "token";

    fn title(&self) -> String {
        match (self.trashed, &self.owner) {
            (true, _) => "Trash".to_owned(),
            (false, OwnerFilter::Mine) => "Your tokens".to_owned(),
            (false, OwnerFilter::Account(owner)) => format!("Tokens of {owner}"),
            (false, OwnerFilter::All) => "Tokens of all accounts".to_owned(),
        }
    }

    fn set_filter(&mut self, text: &str) -> Result<()> {
        self.filter = parse_strict(text)?;
        Ok(())
    }

    fn read(&self, app: &App, anchor: Option<&Self::Anchor>) -> Result<Page<Token, Self::Anchor>> {
        let cursor = anchor.map_or(TokenCursor::Start, |(last, _)| TokenCursor::After(Some(*last)));
        let verb = ListTokens {
            owner: self.owner.clone(),
            filter: self.filter.clone(),
            sort: Sort::default(),
            trashed: self.trashed,
            cursor,
            limit: PAGE_SIZE + 1,
        };
        let mut window = app.call(&Credential::Session(app.session()?), verb)?;
        let total = match anchor {
            Some((_, total)) => total.clone(),
            None if window.matching_is_lower_bound => format!("more than {}", window.matching),
            None => window.matching.to_string(),
        };
        // Damaged rows are left out of a page, and don't end the list.
        let has_more = window.rows.len() + window.unreadable.len() > PAGE_SIZE;
        let last = match window.rows.len() > PAGE_SIZE {
            true => window.rows.get(PAGE_SIZE - 1).map(|last| last.id),
            false => window.last,
        };
        window.rows.truncate(PAGE_SIZE);
        let last = last.filter(|_| has_more).map(|last| (last, total.clone()));
        Ok(Page { rows: window.rows, next: last, total: Some(total), unreadable: window.unreadable.len() })
    }

    fn sentence(&self, app: &App, row: &Token) -> String {
        token::describe_row(row, app.now())
    }

    fn open(&self, app: &mut App, row: &Token) -> Result<()> {
        super::token::open(app, row.id)
    }
}
