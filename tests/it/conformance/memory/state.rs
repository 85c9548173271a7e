//! The data of the engine in memory, its installation and its catalogues.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jeton::domain::account::{Account, AccountId};
use jeton::domain::api_selection::Selection;
use jeton::domain::audit::Face;
use jeton::domain::catalogue::resolved_set::{MethodLocation, ResolvedSet};
use jeton::domain::catalogue::{ApiSet, Catalogue};
use jeton::domain::expiry::Expiry;
use jeton::domain::method::{Method, MethodId};
use jeton::domain::name::{Description, TokenName};
use jeton::domain::policy::Policy;
use jeton::domain::role::Role;
use jeton::domain::secret::{PublicId, SecretDigest};
use jeton::domain::time::Timestamp;
use jeton::domain::token::{TokenId, Tombstone};
use jeton::error::{Error, Result};
use jeton::verbs::ports::audit_log::HashedRow;
use jeton::verbs::ports::ledger::UseKey;
use jeton::verbs::ports::{
    CatalogueReader, CatalogueWriter, Installation, InstallationReader, InstallationWriter, SecretState,
};
use jeton::verbs::ports::{StoredCall, StoredLogin};

use super::notices::Notices;

#[derive(Clone, Default)]
pub struct State {
    /// Number of commits.
    pub version: i64,
    pub installation: Option<Installation>,
    pub policy: Policy,
    pub catalogues: Vec<Catalogue>,
    /// By id, without gaps: accounts are never removed.
    pub accounts: Vec<StoredAccount>,
    /// The oldest first.
    pub logins: Vec<StoredLogin>,
    /// By account and key.
    pub keyed_calls: BTreeMap<(AccountId, String), StoredCall>,
    pub last_token: i64,
    pub tokens: BTreeMap<TokenId, StoredToken>,
    pub secrets: HashMap<PublicId, TokenSecret>,
    pub tombstones: HashMap<PublicId, (Tombstone, AccountId)>,
    /// The maker of each token that was created by a token. Outlives the token as long as it has descendants.
    pub makers: BTreeMap<TokenId, TokenId>,
    pub regenerations: Vec<Regeneration>,
    pub last_uses: HashMap<PublicId, (TokenId, Timestamp)>,
    pub uses: BTreeMap<UseKey, u64>,
    pub last_attempt: i64,
    pub attempts: BTreeMap<AttemptKey, Attempts>,
    pub failed_sign_ins: BTreeMap<(AccountId, String), FailedSignIns>,
    pub notices: Notices,
    pub audit: Vec<HashedRow>,
    pub login_attempts: HashMap<[u8; 32], (u32, Timestamp)>,
    /// The keys of `login_attempts` by the time of the last attempt.
    pub attempts_by_time: BTreeSet<(Timestamp, [u8; 32])>,
}

#[derive(Clone)]
pub struct StoredAccount {
    pub account: Account,
    pub password: String,
    pub is_deleted: bool,
}

#[derive(Clone)]
pub struct StoredToken {
    pub account: AccountId,
    pub name: TokenName,
    pub description: Description,
    pub enabled: bool,
    pub selection: Selection,
    pub created_at: Timestamp,
    pub expiry: Expiry,
    pub expected_unused_since: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
    pub revision: i64,
}

#[derive(Clone)]
pub struct TokenSecret {
    pub digest: SecretDigest,
    pub token: TokenId,
    pub state: SecretState,
    pub issued_role: Role,
    pub created_at: Timestamp,
}

/// A secret that a token got for itself or another one.
#[derive(Clone)]
pub struct Regeneration {
    pub secret: PublicId,
    pub token: TokenId,
    pub maker: TokenId,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttemptKey {
    pub minute: i64,
    pub token: Option<TokenId>,
    pub reason: String,
    pub secret: String,
    pub method: String,
    pub address: String,
    pub client: String,
}

/// Denied attempts that differ only in their time.
#[derive(Clone)]
pub struct Attempts {
    pub row: i64,
    pub count: u64,
    pub last_at: Timestamp,
}

/// Failed sign-ins of one name and source, since the last row about them in the audit log.
#[derive(Clone)]
pub struct FailedSignIns {
    pub face: Face,
    pub tries: i64,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    pub written_at: Option<Timestamp>,
}

impl InstallationReader for State {
    fn installation(&self) -> Result<Option<Installation>> {
        Ok(self.installation.clone())
    }
    fn policy(&self) -> Result<Policy> {
        Ok(self.policy.clone())
    }
}

impl InstallationWriter for State {
    fn set_installation(&mut self, installation: &Installation) -> Result<()> {
        match self.installation.replace(installation.clone()) {
            None => Ok(()),
            Some(_) => Err(Error::failure("there is an installation")),
        }
    }
    fn set_policy(&mut self, policy: &Policy) -> Result<()> {
        self.policy = policy.clone();
        Ok(())
    }
}

impl CatalogueReader for State {
    fn method(&self, id: &MethodId) -> Result<Option<Method>> {
        Ok(self.catalogues.iter().flat_map(Catalogue::methods).find(|method| method.id == *id).cloned())
    }
    fn method_location(&self, id: &MethodId) -> Result<Option<MethodLocation>> {
        let groups = self.catalogues.iter().flat_map(|c| c.groups.iter().map(move |group| (c, group)));
        let found = groups.into_iter().find(|(_, group)| group.methods.iter().any(|method| method.id == *id));
        Ok(found.map(|(c, group)| MethodLocation {
            id: id.clone(),
            catalogue: c.name.clone(),
            group: group.id.clone(),
        }))
    }
    fn catalogues(&self) -> Result<Vec<Catalogue>> {
        Ok(self.catalogues.clone())
    }
    fn api_sets(&self) -> Result<Vec<ApiSet>> {
        Ok(self.catalogues.iter().flat_map(|catalogue| catalogue.sets.clone()).collect())
    }
    fn api_set(&self, name: &str) -> Result<Option<ResolvedSet>> {
        let sets = self.catalogues.iter().flat_map(|c| c.sets.iter().map(move |set| (c, set)));
        let found = sets.into_iter().find(|(_, set)| set.name == name);
        Ok(found.map(|(c, set)| ResolvedSet { catalogue: c.name.clone(), set: set.clone() }))
    }
}

impl CatalogueWriter for State {
    fn set_catalogue(&mut self, catalogue: &Catalogue) -> Result<()> {
        match self.catalogues.iter_mut().find(|known| known.name == catalogue.name) {
            Some(known) => *known = catalogue.clone(),
            None => self.catalogues.push(catalogue.clone()),
        }
        Ok(())
    }
}

impl State {
    /// Returns the names in a selection that no catalogue has.
    pub fn unknown_names(&self, selection: &Selection) -> Vec<String> {
        let methods: BTreeSet<&str> =
            self.catalogues.iter().flat_map(Catalogue::methods).map(|method| method.id.as_str()).collect();
        let sets: BTreeSet<&str> = self.catalogues.iter().flat_map(|c| &c.sets).map(|set| set.name.as_str()).collect();
        match selection {
            Selection::Inherit => Vec::new(),
            Selection::Sets(names) => names.iter().filter(|name| !sets.contains(name.as_str())).cloned().collect(),
            Selection::Custom(ids) => {
                ids.iter().filter(|id| !methods.contains(id.as_str())).map(ToString::to_string).collect()
            }
        }
    }
}
