//! Tokens, secrets and their origins, in the engine in memory.

use std::collections::BTreeSet;

use jeton::domain::account::{Account, AccountId};
use jeton::domain::catalogue::change::renames::Renames;
use jeton::domain::name::TokenName;
use jeton::domain::role::Role;
use jeton::domain::secret::{PublicId, Secret};
use jeton::domain::time::Timestamp;
use jeton::domain::time::{HOUR, MINUTE};
use jeton::domain::token::{
    PreviousSecret, Purgeable, PurgedToken, Revision, Token, TokenId, TokenKind, TokenOwner, Tombstone,
};
use jeton::error::{Error, Result};
use jeton::verbs::ports::{
    ExpiringToken, Grant, GrantPage, NamedToken, NamesQuery, NewToken, PurgeCandidate, PurgeQuery, SecretState,
    StoredSecret, TokenCursor, TokenFigures, TokenReader, TokenState, TokenWriter, Visibility, VisibleCounts, Window,
    WindowQuery,
};

use super::state::{Regeneration, State, StoredToken, TokenSecret};

impl StoredToken {
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.deleted_at.is_none() && self.enabled && !self.expiry.is_past(now)
    }
}

impl State {
    /// Returns the tokens for which `f` is true, by id.
    pub fn find(&self, f: impl Fn(&StoredToken) -> bool) -> Vec<Token> {
        self.tokens.iter().filter(|(_, stored)| f(stored)).map(|(id, stored)| self.compose(*id, stored)).collect()
    }

    pub fn owner(&self, token: &StoredToken) -> &Account {
        &self.accounts[token.account.0 as usize - 1].account
    }

    /// Returns `true` if the token is active and its account enabled.
    pub fn works(&self, token: &StoredToken, now: Timestamp) -> bool {
        token.is_active(now) && self.owner(token).enabled
    }

    pub fn compose(&self, id: TokenId, stored: &StoredToken) -> Token {
        let (owner, prefix) = (self.owner(stored), self.prefix());
        let secrets = || self.secrets.iter().filter(|(_, secret)| secret.token == id);
        let current = secrets().find(|(_, secret)| secret.state == SecretState::Current);
        let regenerated_by =
            |public: &PublicId| self.regenerations.iter().find(|one| one.secret == *public).map(|one| one.maker);
        let previous = secrets().find_map(|(public, secret)| match secret.state {
            SecretState::Previous(retires_at) => Some(PreviousSecret {
                hint: public.hint(&prefix),
                retires_at,
                last_seen_at: self.last_uses.get(public).map(|(_, at)| *at),
                issued_role: secret.issued_role,
                regenerated_by: regenerated_by(public),
            }),
            SecretState::Current | SecretState::Dead => None,
        });
        Token {
            id,
            owner: TokenOwner {
                id: owner.id,
                username: owner.username.clone(),
                role: owner.role,
                enabled: owner.enabled,
            },
            name: stored.name.clone(),
            description: stored.description.clone(),
            kind: TokenKind::Api,
            enabled: stored.enabled,
            selection: stored.selection.clone(),
            created_at: stored.created_at,
            expiry: stored.expiry,
            expected_unused_since: stored.expected_unused_since,
            deleted_at: stored.deleted_at,
            hint: current.map_or_else(String::new, |(public, _)| public.hint(&prefix)),
            secret_since: current.map_or(Timestamp(0), |(_, secret)| secret.created_at),
            issued_role: current.map_or(Role::Viewer, |(_, secret)| secret.issued_role),
            made_by: self.makers.get(&id).copied(),
            regenerated_by: current.and_then(|(public, _)| regenerated_by(public)),
            previous,
            last_seen_at: self.last_uses.values().filter(|(token, _)| *token == id).map(|(_, at)| *at).max(),
            revision: Revision(stored.revision),
        }
    }

    pub fn sees(&self, visibility: &Visibility, token: &StoredToken) -> bool {
        token.account == visibility.own || visibility.roles.contains(&self.owner(token).role)
    }

    fn is_taken(&self, account: AccountId, name: &TokenName, except: Option<TokenId>) -> bool {
        let is_same = |token: &StoredToken| token.account == account && token.name == *name;
        self.tokens.iter().any(|(id, token)| Some(*id) != except && is_same(token) && token.deleted_at.is_none())
    }

    /// Returns the tokens that were created or got a secret through `maker`, with `true` if that still counts at `now`.
    fn made_by(&self, maker: TokenId, now: Timestamp) -> impl Iterator<Item = (TokenId, bool)> {
        let works = move |secret: &PublicId| match self.secrets.get(secret).map(|secret| secret.state) {
            Some(SecretState::Current) => true,
            Some(SecretState::Previous(until)) => until > now,
            Some(SecretState::Dead) | None => false,
        };
        let created = self.makers.iter().filter(move |(_, by)| **by == maker).map(|(token, _)| (*token, true));
        let regenerated = self.regenerations.iter().filter(move |one| one.maker == maker);
        created.chain(regenerated.map(move |one| (one.token, works(&one.secret))))
    }

    fn has_made(&self, maker: TokenId) -> bool {
        self.made_by(maker, Timestamp(0)).next().is_some()
    }

    fn doomed(&self, query: &PurgeQuery) -> impl Iterator<Item = PurgeCandidate> {
        let since = |token: &StoredToken| match query.which {
            Purgeable::Expired => token.expiry.at().filter(|_| token.deleted_at.is_none() && token.enabled),
            Purgeable::Trashed => token.deleted_at,
        };
        let visible = self.tokens.iter().filter(|(_, token)| self.sees(&query.visibility, token));
        visible.filter_map(move |(id, token)| {
            let since = since(token).filter(|at| *at <= query.now)?;
            let revision = Revision(token.revision);
            Some(PurgeCandidate { token: *id, revision, full_name: self.compose(*id, token).full_name(), since })
        })
    }
}

impl TokenReader for State {
    fn token(&self, id: TokenId) -> Result<Option<Token>> {
        Ok(self.tokens.get(&id).map(|stored| self.compose(id, stored)))
    }
    fn tokens_by_name(
        &self,
        visibility: &Visibility,
        account: Option<AccountId>,
        name: &TokenName,
        trashed: bool,
    ) -> Result<Vec<Token>> {
        let mut found = self.find(|token| {
            let is_meant = token.name == *name && token.deleted_at.is_some() == trashed;
            is_meant && account.is_none_or(|id| token.account == id) && self.sees(visibility, token)
        });
        found.truncate(100);
        Ok(found)
    }
    fn names(&self, query: &NamesQuery<'_>) -> Result<Vec<NamedToken>> {
        let mut scanned = self.find(|token| {
            let is_meant = token.name.as_str().starts_with(query.beginning);
            is_meant && token.deleted_at.is_some() == query.trashed && query.account.is_none_or(|a| token.account == a)
        });
        scanned.sort_by(|a, b| a.name.as_str().cmp(b.name.as_str()));
        scanned.truncate(query.limit);
        scanned.retain(|token| self.sees(query.visibility, &self.tokens[&token.id]));
        let named = |token: Token| NamedToken {
            account: token.owner.id,
            username: token.owner.username.to_string(),
            name: token.name.to_string(),
        };
        Ok(scanned.into_iter().map(named).collect())
    }
    fn secret(&self, id: &PublicId) -> Result<Option<StoredSecret>> {
        Ok(self.secrets.get(id).map(|secret| StoredSecret {
            digest: secret.digest.clone(),
            token: secret.token,
            state: secret.state,
            issued_role: secret.issued_role,
        }))
    }
    fn tombstone(&self, id: &PublicId) -> Result<Option<Tombstone>> {
        Ok(self.tombstones.get(id).map(|(stone, _)| stone.clone()))
    }
    fn descendants(&self, makers: &[TokenId], now: Timestamp, limit: usize) -> Result<Vec<TokenId>> {
        let (mut open, mut seen, mut found) = (makers.to_vec(), BTreeSet::new(), BTreeSet::new());
        while let Some(maker) = open.pop() {
            for (token, counts) in self.made_by(maker, now) {
                if counts {
                    found.insert(token);
                }
                if seen.insert(token) {
                    open.push(token);
                }
            }
        }
        let is_live = |id: &TokenId| self.tokens.get(id).is_some_and(|token| token.deleted_at.is_none());
        Ok(found.into_iter().filter(|id| !makers.contains(id) && is_live(id)).take(limit).collect())
    }
    fn purge_set(&self, query: &PurgeQuery) -> Result<Vec<(TokenId, Revision)>> {
        Ok(self.doomed(query).map(|one| (one.token, one.revision)).collect())
    }
    fn purge_candidates(&self, query: &PurgeQuery, tokens: &[TokenId]) -> Result<Vec<PurgeCandidate>> {
        Ok(self.doomed(query).filter(|one| tokens.contains(&one.token)).collect())
    }
    fn active_tokens(&self, account: AccountId, now: Timestamp) -> Result<u32> {
        Ok(self.tokens.values().filter(|token| token.account == account && token.is_active(now)).count() as u32)
    }
    fn visible_counts(&self, visibility: &Visibility, now: Timestamp, soon: Timestamp) -> Result<VisibleCounts> {
        let visible = self.tokens.values().filter(|token| self.sees(visibility, token));
        let expiring = visible.filter(|token| token.is_active(now) && token.expiry.is_past(soon)).count() as u64;
        let seen = self.find(|token| self.sees(visibility, token));
        let tried = seen.into_iter().filter(|token| self.tried_at(token, now).is_some());
        let (in_trash, kept): (Vec<_>, Vec<_>) = tried.partition(|token| token.deleted_at.is_some());
        let (still_tried, tried_in_trash) = (kept.len() as u64, in_trash.len() as u64);
        let denied: BTreeSet<Option<TokenId>> = self
            .attempts
            .keys()
            .filter(|key| key.minute > now.plus(-HOUR).0.div_euclid(MINUTE))
            .map(|key| key.token)
            .collect();
        let sees = |id: TokenId| self.tokens.get(&id).is_some_and(|token| self.sees(visibility, token));
        let denied_now =
            denied.into_iter().filter(|token| token.map_or(!visibility.roles.is_empty(), sees)).count() as u64;
        let own_active = self.active_tokens(visibility.own, now)?;
        Ok(VisibleCounts { own_active, expiring, still_tried, tried_in_trash, denied_now })
    }
    fn token_figures(&self, now: Timestamp, soon: Timestamp, limit: usize) -> Result<TokenFigures> {
        let mut figures = TokenFigures::default();
        for token in self.tokens.values() {
            let is_expiring = self.works(token, now) && token.expiry.is_past(soon);
            let count = match token {
                _ if token.deleted_at.is_some() => &mut figures.deleted,
                _ if !token.enabled => &mut figures.disabled,
                _ if token.expiry.is_past(now) => &mut figures.expired,
                _ if !self.owner(token).enabled => &mut figures.account_disabled,
                _ => &mut figures.active,
            };
            *count += 1;
            if let (true, Some(expires_at)) = (is_expiring, token.expiry.at()) {
                let Account { id, role, ref username, .. } = *self.owner(token);
                let (username, name) = (username.to_string(), token.name.to_string());
                figures.soonest.push(ExpiringToken { account: id, role, username, name, expires_at });
            }
        }
        figures.expiring = figures.soonest.len() as u64;
        figures.soonest.sort_by_key(|token| token.expires_at);
        figures.soonest.truncate(limit);
        Ok(figures)
    }
    fn grants(&self, after: Option<TokenId>, limit: usize) -> Result<GrantPage> {
        let grant = |(id, stored): (&TokenId, &StoredToken)| {
            let token = self.compose(*id, stored);
            let previous = token.previous.as_ref().map(|previous| previous.issued_role);
            let issued = [Some(token.issued_role).filter(|_| !token.hint.is_empty()), previous];
            let mut roles: Vec<Role> = issued.into_iter().flatten().map(|role| role.min(token.owner.role)).collect();
            roles.dedup();
            if roles.is_empty() {
                roles.push(token.owner.role);
            }
            Grant { token: *id, name: token.name, account: token.owner.username, roles, selection: token.selection }
        };
        let tokens = self.tokens.iter().filter(|(id, _)| after.is_none_or(|after| **id > after));
        let grants: Vec<Grant> = tokens.take(limit).map(grant).collect();
        Ok(GrantPage { last: grants.last().map(|grant| grant.token), grants, unreadable: Vec::new() })
    }
    fn window(&self, query: &WindowQuery) -> Result<Window> {
        Ok(self.token_list(query))
    }
    fn matching(&self, query: &WindowQuery) -> Result<Vec<TokenState>> {
        let whole = WindowQuery { cursor: TokenCursor::Start, limit: usize::MAX, ..query.clone() };
        let mut rows = self.token_list(&whole).rows;
        rows.sort_by_key(|token| token.id);
        Ok(rows.iter().take(query.limit).map(TokenState::from).collect())
    }
}

impl TokenWriter for State {
    fn insert_token(&mut self, new: &NewToken<'_>) -> Result<TokenId> {
        let id = TokenId(self.last_token + 1);
        self.insert_reserved_token(id, new).map(|()| id)
    }
    fn insert_reserved_token(&mut self, id: TokenId, new: &NewToken<'_>) -> Result<()> {
        if self.is_taken(new.account, new.name, None) || self.tokens.contains_key(&id) {
            return Err(Error::conflict("the token exists"));
        }
        self.last_token = self.last_token.max(id.0);
        let token = StoredToken {
            account: new.account,
            name: new.name.clone(),
            description: new.description.clone(),
            enabled: true,
            selection: new.selection.clone(),
            created_at: new.now,
            expiry: new.expiry,
            expected_unused_since: new.expected_unused.then_some(new.now),
            deleted_at: None,
            revision: 1,
        };
        self.tokens.insert(id, token);
        Ok(())
    }
    fn update_token(&mut self, token: &Token) -> Result<()> {
        let Some(stored) = self.tokens.get(&token.id).filter(|stored| stored.revision == token.revision.0) else {
            return Err(Error::conflict("the token changed"));
        };
        if token.deleted_at.is_none() && self.is_taken(stored.account, &token.name, Some(token.id)) {
            return Err(Error::conflict("the name is taken"));
        }
        let changed = StoredToken {
            name: token.name.clone(),
            description: token.description.clone(),
            enabled: token.enabled,
            selection: token.selection.clone(),
            expiry: token.expiry,
            expected_unused_since: token.expected_unused_since,
            deleted_at: token.deleted_at,
            revision: stored.revision + 1,
            ..stored.clone()
        };
        self.tokens.insert(token.id, changed);
        for secret in self.secrets.values_mut().filter(|secret| secret.token == token.id) {
            if let (SecretState::Previous(until), Some(end)) = (secret.state, token.expiry.at()) {
                secret.state = SecretState::Previous(until.min(end));
            }
        }
        Ok(())
    }
    fn rename_in_selections(&mut self, renames: &Renames) -> Result<u64> {
        let mut changed = 0;
        for token in self.tokens.values_mut() {
            if let Some(selection) = renames.in_selection(&token.selection) {
                token.selection = selection;
                token.revision += 1;
                changed += 1;
            }
        }
        Ok(changed)
    }
    fn set_maker(&mut self, token: TokenId, maker: TokenId) -> Result<()> {
        self.makers.insert(token, maker);
        Ok(())
    }
    fn set_regenerated_by(&mut self, token: TokenId, maker: TokenId) -> Result<()> {
        let is_current = |secret: &TokenSecret| secret.token == token && secret.state == SecretState::Current;
        let current = self.secrets.iter().find(|(_, secret)| is_current(secret)).map(|(public, _)| public.clone());
        self.regenerations.extend(current.map(|secret| Regeneration { secret, token, maker }));
        Ok(())
    }
    fn set_secret(
        &mut self,
        token: TokenId,
        secret: &Secret,
        issued_role: Role,
        now: Timestamp,
        keep_old_until: Option<Timestamp>,
    ) -> Result<()> {
        if self.secrets.contains_key(secret.public_id()) {
            return Err(Error::failure("the public id is taken"));
        }
        self.retire_previous(token)?;
        let old = keep_old_until.map_or(SecretState::Dead, SecretState::Previous);
        for stored in self.secrets.values_mut().filter(|stored| stored.token == token) {
            if stored.state == SecretState::Current {
                stored.state = old;
            }
        }
        let (digest, state) = (secret.digest(), SecretState::Current);
        let stored = TokenSecret { digest, token, state, issued_role, created_at: now };
        self.secrets.insert(secret.public_id().clone(), stored);
        Ok(())
    }
    fn retire_previous(&mut self, token: TokenId) -> Result<()> {
        for secret in self.secrets.values_mut().filter(|secret| secret.token == token) {
            if matches!(secret.state, SecretState::Previous(_)) {
                secret.state = SecretState::Dead;
            }
        }
        Ok(())
    }
    fn purge(&mut self, tokens: &[TokenId], now: Timestamp) -> Result<()> {
        for id in tokens {
            let Some(token) = self.token(*id)? else { continue };
            for (public, secret) in self.secrets.extract_if(|_, secret| secret.token == *id) {
                let (name, account) = (token.name.clone(), token.owner.username.clone());
                let purged = PurgedToken { token: *id, name, account, purged_at: now };
                let stone = Tombstone { digest: secret.digest, purged };
                self.tombstones.insert(public, (stone, token.owner.id));
            }
            self.tokens.remove(id);
            self.notices.purge(*id);
            self.last_uses.retain(|_, (used, _)| used != id);
        }
        for id in tokens {
            if !self.has_made(*id) {
                self.makers.remove(id);
                self.regenerations.retain(|one| one.token != *id);
            }
        }
        Ok(())
    }
}
