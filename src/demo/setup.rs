//! Set-up of the demonstration: three accounts, a settable clock, and a hasher for a single password.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use zeroize::Zeroizing;

use super::PASSWORD;
use crate::domain::audit::{AuditActor, AuditEntry, Face};
use crate::domain::catalogue::Catalogue;
use crate::domain::name::{Prefix, Username};
use crate::domain::password::{Password, PasswordHash};
use crate::domain::role::Role;
use crate::domain::time::{DAY, Timestamp, Zone};
use crate::error::Result;
use crate::store::OpenStore;
use crate::verbs::audited::Audited;
use crate::verbs::credential::Credential;
use crate::verbs::init::Init;
use crate::verbs::local_backend::{Adapters, ClientInfo, LocalBackend};
use crate::verbs::new_password::NewPassword;
use crate::verbs::ports::{Clock, NewAccount, PasswordHasher, PasswordMatch, Store};
use crate::verbs::request::call;

pub(super) const OWNER: &str = "demo";
/// The other accounts: name, role, and age in days.
const OTHERS: [(&str, Role, i64); 2] = [("ci", Role::Member, 380), ("metrics", Role::Viewer, 379)];
/// Age of the store, in days.
const OLDEST_DAY: i64 = 400;

/// A clock that can be set to any time.
struct ScriptedClock {
    now: AtomicI64,
    real: Arc<dyn Clock>,
}

impl Clock for ScriptedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::Relaxed))
    }

    fn zone(&self) -> &dyn Zone {
        self.real.zone()
    }

    fn monotonic(&self) -> Duration {
        self.real.monotonic()
    }

    fn sleep(&self, _time: Duration) {}
}

/// A hasher that accepts the demonstration's password without hashing it again for each of sixty verbs. Used only to
/// fill this temporary store.
struct KnownPassword(Arc<dyn PasswordHasher>);

impl PasswordHasher for KnownPassword {
    fn hash(&self, password: &Password) -> Result<PasswordHash> {
        self.0.hash(password)
    }

    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Result<PasswordMatch> {
        let known = hash.is_some() && password.expose(|p| p == PASSWORD.as_bytes());
        Ok(if known { PasswordMatch::Yes } else { PasswordMatch::No })
    }
}

/// The store with its accounts, and the clock of its script.
pub(super) struct DemoAccounts {
    pub backend: LocalBackend<OpenStore>,
    /// The real time at which the script ends.
    pub now: Timestamp,
    clock: Arc<ScriptedClock>,
}

pub(super) fn password() -> Password {
    Password::from_raw(Zeroizing::new(PASSWORD.to_owned()))
}

pub(super) fn client() -> ClientInfo {
    ClientInfo {
        face: Face::Cli,
        source: "demo".to_owned(),
        address: ClientInfo::LOCAL.to_owned(),
        max_wait: Duration::ZERO,
    }
}

/// Returns the request that sets a store up with the sample catalogue.
pub(super) fn init() -> Result<Init> {
    Ok(Init {
        username: Username::parse(OWNER)?,
        password: NewPassword::Plain(password()),
        prefix: Prefix::default(),
        self_service: true,
        catalogue: Some(Catalogue::shipped("cloud-platform")?),
    })
}

impl DemoAccounts {
    pub fn create(store: OpenStore, adapters: &Adapters) -> Result<Self> {
        let now = adapters.clock.now();
        let clock = Arc::new(ScriptedClock { now: AtomicI64::new(now.0), real: Arc::clone(&adapters.clock) });
        let scripted = Adapters {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            hasher: Arc::new(KnownPassword(Arc::clone(&adapters.hasher))),
            ..adapters.clone()
        };
        let accounts = DemoAccounts { backend: LocalBackend::new(store, scripted, client()), now, clock };
        accounts.set_time(now.plus(-OLDEST_DAY * DAY));
        call(&accounts.backend, &Credential::Store, init()?)?;
        for (name, role, days) in OTHERS {
            let hash = adapters.hasher.hash(&password())?;
            accounts.create_account(name, role, days, &hash)?;
        }
        Ok(accounts)
    }

    pub fn set_time(&self, when: Timestamp) {
        self.clock.now.store(when.0, Ordering::Relaxed);
    }

    pub fn owner(&self) -> Result<Username> {
        Username::parse(OWNER)
    }

    pub fn credential(&self, name: &str) -> Result<Credential> {
        Ok(Credential::from_password(Username::parse(name)?, password()))
    }

    fn create_account(&self, name: &str, role: Role, days: i64, password: &PasswordHash) -> Result<()> {
        let username = Username::parse(name)?;
        let now = self.now.plus(-days * DAY);
        let owner = self.owner()?;
        let actor =
            self.backend.store().read(|s| s.account_by_name(&owner))?.map_or_else(String::new, |a| a.id.to_string());
        let actor =
            AuditActor { account: actor, name: owner.to_string(), proof: "password".to_owned(), face: Face::Cli };
        let created = self.backend.store().write(&actor, &|| now, |tx, _| {
            let id = tx.insert_account(&NewAccount {
                username: &username,
                role,
                password,
                temporary_password: false,
                contact: None,
                now,
            })?;
            Ok(Audited::one((), AuditEntry::new("account.create", id, name).with("role", role.as_str())))
        });
        created.map(drop)
    }
}
