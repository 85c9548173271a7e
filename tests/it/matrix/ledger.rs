//! The matrix column of the ledger.

use jeton::domain::query::ledger_filter::LedgerFilter;
use jeton::domain::query::page_cursor::PageCursor;
use jeton::domain::secret::Secret;
use jeton::domain::token::{Token, TokenRef};
use jeton::error::{Error, Result};
use jeton::verbs::credential::Credential;
use jeton::verbs::ledger::{ListDenied, ListDeniedTokens, ListUses};
use jeton::verbs::ports::{Denial, Store, Use};
use jeton::verbs::request::call;

use crate::support::fakes::TestInstall;

/// Records a use and a denied attempt of `token`.
pub fn write(install: &TestInstall, token: &Token, secret: &Secret) {
    let (id, at, count, method, address, client) = (token.id, install.now(), 1, "", "192.0.2.7", "it/1.0");
    let written = install.store().write_usage(|b| {
        b.record_use(&Use { token: id, secret: secret.public_id(), at, count, method, address, client })?;
        let (token, secret, reason) = (Some(id), Some(secret.public_id()), "disabled");
        b.record_denial(&Denial { token, secret, reason, at, count, method, address, client })
    });
    written.unwrap();
}

/// Searches the ledger for a denied attempt and a use of a token, among all rows and by the token's name. Both searches
/// find both rows or none.
pub fn in_ledger(install: &TestInstall, who: &Credential, token: TokenRef) -> Result<()> {
    let TokenRef::Id(id) = &token else { panic!("{token}") };
    let (filter, limit, since) = (LedgerFilter::default(), 10_000, None);
    let denied = |token: Option<TokenRef>| {
        let (filter, anchor) = (filter.clone(), PageCursor::Newest);
        let window = call(&install.backend, who, ListDenied { token, since, filter, cursor: anchor, limit })?;
        Ok(window.rows.iter().any(|row| row.token.as_ref().is_some_and(|token| token.id == *id)))
    };
    let denied_tokens = |token: Option<TokenRef>| {
        let (filter, anchor) = (filter.clone(), PageCursor::Newest);
        let window = call(&install.backend, who, ListDeniedTokens { token, since, filter, cursor: anchor, limit })?;
        Ok(window.rows.iter().any(|row| row.token.as_ref().is_some_and(|token| token.id == *id)))
    };
    let uses = |token: Option<TokenRef>| {
        let (filter, anchor) = (filter.clone(), PageCursor::Newest);
        let window = call(&install.backend, who, ListUses { token, since, filter, cursor: anchor, limit })?;
        Ok(window.rows.iter().any(|row| row.token.id == *id))
    };
    let found: [Result<bool>; 6] = [
        denied(None),
        denied(Some(token.clone())),
        denied_tokens(None),
        denied_tokens(Some(token.clone())),
        uses(None),
        uses(Some(token.clone())),
    ];
    let all = found.iter().all(|one| matches!(one, Ok(true)));
    assert!(all || !found.iter().any(|one| matches!(one, Ok(true))), "{found:?}");
    found.into_iter().try_for_each(|one| one.map(drop))?;
    if all { Ok(()) } else { Err(Error::denied("not there")) }
}
