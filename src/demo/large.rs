//! A large sample store: any number of tokens in every state, spread over accounts.
//!
//! The small store is made by the verbs, with one transaction and one password check per token. This one is written
//! directly through the store's port, with some tens of thousands of tokens in each audited transaction.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::large_population::{PlannedState, PlannedToken, Population};
use super::setup::{self, OWNER};
use crate::domain::account::AccountId;
use crate::domain::api_selection::Selection;
use crate::domain::audit::{AuditActor, AuditEntry, Face};
use crate::domain::catalogue::Catalogue;
use crate::domain::expiry::ExpirySpec;
use crate::domain::name::{Description, Prefix, TokenName, Username};
use crate::domain::role::Role;
use crate::domain::secret::{PublicId, Secret};
use crate::domain::time::Timestamp;
use crate::domain::token::{Token, TokenId};
use crate::error::{Error, Result};
use crate::platform::secret_files::{self, InterruptibleDelivery};
use crate::platform::sidecar::{sidecar_path, sqlite_companions};
use crate::store::{OpenMode, OpenStore, StoreLocation};
use crate::verbs::audited::Audited;
use crate::verbs::credential::Credential;
use crate::verbs::local_backend::{Adapters, LocalBackend};
use crate::verbs::ports::{NewAccount, NewToken, Store, Tx, Use};
use crate::verbs::request::call;
use crate::verbs::secret_delivery::{SecretDestination, call_with_delivery};
use crate::verbs::tokens::CreateToken;

/// Number of tokens made in one transaction.
const BATCH_SIZE: u32 = 50_000;
const TOKENS_PER_ACCOUNT: u32 = 50;
/// Maximum number of secrets that are saved.
const MAX_SECRETS: u32 = 10_000;
/// Number of tokens made between two reports of progress.
const PROGRESS_INTERVAL: u32 = 1_000;

#[derive(Debug)]
pub struct LargeDemo<'a> {
    /// Path of the store, where nothing may exist yet. The secret of the owner's token is saved to this path with
    /// `.token` appended.
    pub store: &'a Path,
    /// Number of tokens, including those in the trash and the owner's own. At least 1.
    pub tokens: u32,
    /// Path of the file for 10,000 valid secrets, one a line, or for all of them if there are fewer.
    pub secrets: Option<&'a Path>,
}

impl LargeDemo<'_> {
    /// Makes the store and returns its owner's name. Reports the number of tokens made so far to the adapters' progress.
    ///
    /// # Errors
    /// [`crate::error::Kind::Conflict`] if one of the files exists already; [`crate::error::Kind::Failure`] if a
    /// file can't be written; [`crate::error::Kind::Cancelled`] if the work was stopped. Then nothing is left behind.
    pub fn create(&self, adapters: &Adapters) -> Result<Username> {
        let token = sidecar_path(self.store, ".token");
        let companions = secret_files::reserved_suffixes().map(|ending| sidecar_path(self.store, ending));
        let companions: Vec<PathBuf> = companions.collect();
        let ours: Vec<&Path> =
            [self.store, &token].into_iter().chain(companions.iter().map(PathBuf::as_path)).collect();
        if let Some(secrets) = self.secrets.filter(|s| secret_files::reserved_suffix(s).is_some() || ours.contains(s)) {
            return Err(Error::usage(format!("the secrets can't be saved to {}", secrets.display()))
                .why("jeton uses this name for a file of the store")
                .next("Choose another file name"));
        }
        for path in ours.into_iter().chain(self.secrets) {
            if path.symlink_metadata().is_ok() {
                return Err(Error::conflict(format!("{} already exists", path.display()))
                    .next("Choose another path, or move the file away"));
            }
        }
        let secrets = self.secrets.map(secret_files::create_private).transpose()?;
        let location = StoreLocation::file(self.store);
        let created = location.open(OpenMode::CreateUnindexed).and_then(|store| {
            let local = LocalBackend::new(store, adapters.clone(), setup::client());
            let owner =
                LargeDemoWriter { backend: local, adapters, secrets, written: 0, wanted: self.tokens }.fill(&token)?;
            adapters.progress.check()?;
            // Builds the indexes.
            location.open(OpenMode::Existing)?;
            adapters.progress.check().map(|()| owner)
        });
        if created.is_err() {
            // An incomplete store is useless. It is removed, so that the next attempt can use the same path.
            let companions = sqlite_companions(self.store);
            for path in [self.store, &token].into_iter().chain(self.secrets).chain(companions.iter().map(|p| &**p)) {
                let _ = std::fs::remove_file(path);
            }
        }
        created
    }
}

struct LargeDemoWriter<'a> {
    backend: LocalBackend<OpenStore>,
    adapters: &'a Adapters,
    secrets: Option<File>,
    written: u32,
    wanted: u32,
}

struct PlannedUses {
    token: TokenId,
    secret: PublicId,
    days_ago: Vec<u16>,
}

impl LargeDemoWriter<'_> {
    fn fill(mut self, owners_secret: &Path) -> Result<Username> {
        let owner = Username::parse(OWNER)?;
        self.set_up(&owner, owners_secret)?;
        let accounts = self.accounts(&owner)?;
        let mut population = Population::new(self.wanted, &Catalogue::shipped("cloud-platform")?);
        let mut created = 1;
        while created < self.wanted {
            let batch = BATCH_SIZE.min(self.wanted - created);
            self.insert_batch(&mut population, &accounts, created, batch)?;
            created += batch;
        }
        self.report(created);
        if let Some(file) = &self.secrets {
            file.sync_all().map_err(|e| secrets_error(&e))?;
        }
        Ok(owner)
    }

    fn report(&self, created: u32) {
        self.adapters.progress.report(u64::from(created), u64::from(self.wanted));
    }

    fn now(&self) -> Timestamp {
        self.adapters.clock.now()
    }

    fn audit_actor(&self) -> AuditActor {
        AuditActor { account: String::new(), name: OWNER.to_owned(), proof: "store".to_owned(), face: Face::Cli }
    }

    /// Makes the owner, the policy, and the token that manages everything.
    fn set_up(&self, owner: &Username, owners_secret: &Path) -> Result<()> {
        call(&self.backend, &Credential::Store, setup::init()?)?;
        self.backend.store().write(&self.audit_actor(), &|| self.now(), |tx, _| {
            let mut policy = tx.policy()?;
            (policy.active_tokens, policy.kept_tokens) = (0, 0);
            tx.set_policy(&policy)?;
            Ok(Audited::one((), AuditEntry::new("demo.policy", "policy", "").with("active_tokens", 0)))
        })?;
        let methods = Catalogue::shipped("jeton")?.methods().map(|m| m.id.clone()).collect();
        let token = CreateToken {
            account: None,
            names: vec![TokenName::parse("management")?],
            description: Description::parse("All of jeton's own methods")?,
            expires: Some(ExpirySpec::Never),
            selection: Selection::Custom(methods),
            expected_unused: false,
        };
        let credential = Credential::from_password(owner.clone(), setup::password());
        let destination = SecretDestination::File(owners_secret.to_owned());
        call_with_delivery(&self.backend, &credential, token, destination, &InterruptibleDelivery).map(drop)
    }

    fn accounts(&self, owner: &Username) -> Result<Vec<AccountId>> {
        let others = (self.wanted / TOKENS_PER_ACCOUNT).max(1) - 1;
        let created = self.backend.store().write(&self.audit_actor(), &|| self.now(), |tx, now| {
            let first = tx.account_by_name(owner)?.ok_or_else(|| Error::failure("the owner no longer exists"))?.id;
            // All accounts have the demonstration's public password: separate salts would protect nothing, and
            // 20,000 of these hashes would take half an hour.
            let hash = tx.password_hash(first)?.ok_or_else(|| Error::failure("the owner has no password"))?;
            let mut accounts = vec![first];
            for n in 0..others {
                let (username, role) = Population::account(n)?;
                accounts.push(tx.insert_account(&NewAccount {
                    username: &username,
                    role,
                    password: &hash,
                    temporary_password: false,
                    contact: None,
                    now,
                })?);
            }
            Ok(Audited::one(accounts, AuditEntry::new("demo.accounts", "accounts", "").with("accounts", others)))
        })?;
        Ok(created.value)
    }

    /// Inserts a batch of tokens after the first `created`, and records their uses.
    fn insert_batch(
        &mut self,
        population: &mut Population,
        accounts: &[AccountId],
        created: u32,
        batch: u32,
    ) -> Result<()> {
        let (actor, now, wanted) = (self.audit_actor(), self.now(), self.wanted);
        let (adapters, file, written) = (self.adapters, &mut self.secrets, &mut self.written);
        let used = self.backend.store().write(&actor, &|| now, |tx, now| {
            let mut used = Vec::new();
            for n in created..created + batch {
                if n % PROGRESS_INTERVAL == 0 {
                    adapters.progress.report(u64::from(n), u64::from(wanted));
                    adapters.progress.check()?;
                }
                let planned = population.token(n, now)?;
                // Accounts are filled one after the other, so that the tokens of one account are next to each other
                // in age.
                let at = u64::from(n) * accounts.len() as u64 / u64::from(wanted);
                let account = accounts.get(usize::try_from(at).unwrap_or(0)).copied().unwrap_or(AccountId(1));
                let secret = Secret::generate(&Prefix::default(), |buffer| adapters.entropy.fill(buffer))?;
                let id = insert_token(tx, account, &planned, &secret, now)?;
                // Saving runs ahead of an even pace, so that invalid tokens at the end leave no gap.
                let due = u64::from(*written) * u64::from(wanted) < u64::from(n + 1) * u64::from(MAX_SECRETS) * 3 / 2;
                if due && *written < MAX_SECRETS && planned.is_active(now) && write_secret(file.as_mut(), &secret)? {
                    *written += 1;
                }
                if !planned.days_ago.is_empty() {
                    used.push(PlannedUses {
                        token: id,
                        secret: secret.public_id().clone(),
                        days_ago: planned.days_ago,
                    });
                }
            }
            let entry = AuditEntry::new("demo.tokens", format!("{}–{}", created + 1, created + batch), "");
            Ok(Audited::one(used, entry.with("tokens", batch)))
        })?;
        self.backend.store().write_usage(|tx| {
            for one in &used.value {
                for days in &one.days_ago {
                    let (at, method, address, client) = population.call(*days, now);
                    let (token, secret) = (one.token, &one.secret);
                    tx.record_use(&Use { token, secret, at, count: 1, method: &method, address, client })?;
                }
            }
            Ok(())
        })
    }
}

fn insert_token(
    tx: &mut dyn Tx,
    account: AccountId,
    planned: &PlannedToken,
    secret: &Secret,
    now: Timestamp,
) -> Result<TokenId> {
    let id = tx.insert_token(&NewToken {
        account,
        name: &planned.name,
        description: &planned.description,
        selection: &planned.selection,
        expiry: planned.expiry,
        expected_unused: false,
        now: planned.created_at,
    })?;
    // All tokens were made by their own account, and no role has changed since.
    let role = tx.account(account)?.map_or(Role::Viewer, |account| account.role);
    tx.set_secret(id, secret, role, planned.created_at, None)?;
    let (enabled, deleted_at) = match planned.state {
        PlannedState::Enabled => return Ok(id),
        PlannedState::Disabled => (false, None),
        PlannedState::Trashed => (true, Some(now)),
    };
    if let Some(token) = tx.token(id)? {
        tx.update_token(&Token { enabled, deleted_at, ..token })?;
    }
    Ok(id)
}

fn secrets_error(e: &std::io::Error) -> Error {
    Error::failure("the secrets can't be saved").why(e.to_string()).next("Check the free space of the disk")
}

/// Saves a secret. Returns `false` if there is no file to write to.
fn write_secret(file: Option<&mut File>, secret: &Secret) -> Result<bool> {
    let Some(file) = file else { return Ok(false) };
    let line = Zeroizing::new(secret.expose(|s| format!("{s}\n")));
    file.write_all(line.as_bytes()).map_err(|e| secrets_error(&e))?;
    Ok(true)
}
