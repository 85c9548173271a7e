//! Fakes for tests: a settable clock, repeating bytes, and password hashing that costs nothing and is counted.

use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jeton::domain::account::Account;
use jeton::domain::api_selection::Selection;
use jeton::domain::audit::{AuditActor, AuditEntry, AuditRow, Face};
use jeton::domain::audit_chain::ChainVerifier;
use jeton::domain::catalogue::Catalogue;
use jeton::domain::expiry::ExpirySpec;
use jeton::domain::name::{Description, Prefix, TokenName, Username};
use jeton::domain::password::{Password, PasswordHash};
use jeton::domain::role::Role;
use jeton::domain::secret::Secret;
use jeton::domain::time::{Timestamp, Zone, utc_zone};
use jeton::error::Result;
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::audited::Audited;
use jeton::verbs::batches::Progress;
use jeton::verbs::credential::{Credential, TokenCredential};
use jeton::verbs::init::Init;
use jeton::verbs::local_backend::{Adapters, ClientInfo};
use jeton::verbs::new_password::NewPassword;
use jeton::verbs::ports::{Clock, Entropy, NewAccount, PasswordHasher, PasswordMatch, Store};
use jeton::verbs::tokens::CreateToken;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

#[path = "served_backend.rs"]
mod served_backend;
#[path = "temp_store.rs"]
mod temp_store;
#[path = "test_backend.rs"]
mod test_backend;
#[path = "test_install.rs"]
mod test_install;
#[allow(unused_imports, reason = "only the tests of the management API serve in this process")]
pub use served_backend::{ServedBackend, socket, start_service};
pub use temp_store::TempStore;
#[allow(unused_imports, reason = "only the tests of verbs run over the wire")]
pub use test_backend::{OVER_WIRE, TestBackend};
#[allow(unused_imports, reason = "not every benchmark has a house")]
pub use test_install::{Engine, EngineInstall, TestInstall};

/// Start of every fake clock: 2026-11-21T09:30:00Z, a Saturday.
pub const START: Timestamp = Timestamp(1_795_253_400_000);
/// The password of every account in a [`TestInstall`].
pub const PASSWORD: &str = "correct horse battery";
/// The first owner of a [`TestInstall`].
pub const OWNER: &str = "ops";

/// A clock in UTC that moves only when set. Sleeping moves the clock at once.
pub struct FakeClock {
    now: AtomicI64,
    slept: AtomicI64,
    zone: Box<dyn Zone>,
}

impl FakeClock {
    pub fn at(start: Timestamp) -> Self {
        FakeClock { now: AtomicI64::new(start.0), slept: AtomicI64::new(0), zone: Box::new(utc_zone()) }
    }

    pub fn set(&self, now: Timestamp) {
        self.now.store(now.0, Ordering::SeqCst);
    }

    /// Moves the clock by `ms` milliseconds, back if negative.
    pub fn advance(&self, ms: i64) {
        self.now.fetch_add(ms, Ordering::SeqCst);
    }

    /// Returns the total time slept.
    pub fn slept(&self) -> Duration {
        Duration::from_millis(self.slept.load(Ordering::SeqCst).unsigned_abs())
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::SeqCst))
    }

    fn zone(&self) -> &dyn Zone {
        &*self.zone
    }

    fn monotonic(&self) -> Duration {
        self.slept()
    }

    fn sleep(&self, time: Duration) {
        let ms = time.as_millis() as i64;
        self.slept.fetch_add(ms, Ordering::SeqCst);
        self.advance(ms);
    }
}

/// Bytes that look random and repeat with the seed (SplitMix64).
pub struct SeededEntropy(Mutex<u64>);

impl SeededEntropy {
    pub fn new(seed: u64) -> Self {
        SeededEntropy(Mutex::new(seed))
    }

    pub fn next(&self) -> u64 {
        let mut state = self.0.lock().unwrap();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number below `end`.
    pub fn below(&self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<()> {
        for chunk in buffer.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// Hashes that cost nothing and are counted. Verdicts are real. [`CountingHasher::raise_strength`] makes every earlier
/// hash a weak one.
pub struct CountingHasher {
    hashed: AtomicU32,
    compared: AtomicU32,
    strength: AtomicU32,
}

impl CountingHasher {
    pub fn new() -> Self {
        CountingHasher { hashed: AtomicU32::new(0), compared: AtomicU32::new(0), strength: AtomicU32::new(1) }
    }

    /// Returns the numbers of new hashes and of comparisons.
    pub fn counts(&self) -> (u32, u32) {
        (self.hashed.load(Ordering::SeqCst), self.compared.load(Ordering::SeqCst))
    }

    /// Raises today's parameters above those of every hash so far.
    pub fn raise_strength(&self) {
        self.strength.fetch_add(1, Ordering::SeqCst);
    }

    fn digest(password: &Password) -> String {
        let digest = password.expose(|p| Sha256::digest(p));
        digest.iter().map(|b| format!("{b:02x}")).collect()
    }
}

impl PasswordHasher for CountingHasher {
    fn hash(&self, password: &Password) -> Result<PasswordHash> {
        self.hashed.fetch_add(1, Ordering::SeqCst);
        let strength = self.strength.load(Ordering::SeqCst);
        Ok(PasswordHash(format!("counted${strength}${}", Self::digest(password))))
    }

    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> Result<PasswordMatch> {
        self.compared.fetch_add(1, Ordering::SeqCst);
        let digest = Self::digest(password);
        let Some(hash) = hash else { return Ok(PasswordMatch::No) };
        let (strength, stored) = hash.0.strip_prefix("counted$").and_then(|h| h.split_once('$')).unwrap();
        Ok(match stored == digest {
            false => PasswordMatch::No,
            true if strength.parse::<u32>().unwrap() < self.strength.load(Ordering::SeqCst) => {
                PasswordMatch::YesNeedsRehash
            }
            true => PasswordMatch::Yes,
        })
    }
}

/// The fakes of one test, which the test sets and counts while [`Adapters`] uses them. Secrets are saved to real files.
#[derive(Clone)]
pub struct Fakes {
    pub clock: Arc<FakeClock>,
    pub entropy: Arc<SeededEntropy>,
    pub hasher: Arc<CountingHasher>,
    pub progress: Arc<Progress>,
}

impl Fakes {
    pub fn new() -> Self {
        Self::seeded(1)
    }

    /// Creates fakes whose secrets differ from those of another seed.
    pub fn seeded(seed: u64) -> Self {
        Fakes {
            clock: Arc::new(FakeClock::at(START)),
            entropy: Arc::new(SeededEntropy::new(seed)),
            hasher: Arc::new(CountingHasher::new()),
            progress: Arc::default(),
        }
    }

    pub fn adapters(&self) -> Adapters {
        Adapters {
            clock: self.clock.clone(),
            entropy: self.entropy.clone(),
            hasher: self.hasher.clone(),
            progress: self.progress.clone(),
        }
    }
}

/// Returns fakes that the test doesn't need to control.
pub fn adapters() -> Adapters {
    Fakes::new().adapters()
}

/// Returns a caller that doesn't wait: a throttled attempt is refused at once.
pub fn client_info() -> ClientInfo {
    ClientInfo {
        face: Face::Cli,
        source: "uid 1000".to_owned(),
        address: ClientInfo::LOCAL.to_owned(),
        max_wait: Duration::ZERO,
    }
}

/// Returns the verbs over the store at `path`, which is created if missing.
pub fn backend(path: &Path, world: Adapters) -> TestBackend<SqliteStore> {
    TestBackend::new(SqliteStore::open(path, OpenMode::Create).unwrap(), world, client_info())
}

pub fn username(text: &str) -> Username {
    Username::parse(text).unwrap()
}

pub fn token_name(text: &str) -> TokenName {
    TokenName::parse(text).unwrap()
}

pub fn owner() -> Username {
    username(OWNER)
}

pub fn password() -> Password {
    typed(PASSWORD)
}

pub fn typed(text: &str) -> Password {
    Password::from_raw(Zeroizing::new(text.to_owned()))
}

/// Returns the credential of `who` with the right password.
pub fn credential(who: &str) -> Credential {
    Credential::from_password(username(who), password())
}

/// Returns the audit actor for changes that a test makes without a verb.
pub fn tester() -> AuditActor {
    AuditActor { account: String::new(), name: String::new(), proof: "store".to_owned(), face: Face::Cli }
}

/// Returns the audit log after verifying its hash chain.
pub fn audit_rows(store: &impl Store) -> Vec<AuditRow> {
    let page = store.read(|s| s.audit_page(None, usize::MAX)).unwrap();
    let mut verifier = ChainVerifier::from_start(Vec::new());
    page.rows.iter().for_each(|row| verifier.check_row(row));
    assert!(!page.is_torn && verifier.finish().findings.is_empty());
    page.rows.into_iter().map(|raw| raw.row).collect()
}

pub fn entry(target: impl ToString) -> AuditEntry {
    AuditEntry::new("test", target, "")
}

/// Returns the request that creates the first owner.
pub fn init(self_service: bool) -> Init {
    Init {
        username: owner(),
        password: NewPassword::Plain(password()),
        prefix: Prefix::default(),
        self_service,
        catalogue: Some(Catalogue::shipped("cloud-platform").unwrap()),
    }
}

/// Returns the request for a token of the actor that never expires and permits nothing.
pub fn create(name: &str) -> CreateToken {
    CreateToken {
        account: None,
        names: vec![token_name(name)],
        description: Description::none(),
        expires: Some(ExpirySpec::Never),
        selection: Selection::nothing(),
        expected_unused: false,
    }
}

/// Returns the credential of a token.
pub fn bearer(secret: Secret) -> Credential {
    Credential::Token(TokenCredential::of_any(Arc::new(secret)))
}

/// Adds an account with [`PASSWORD`] to any store.
pub fn add_account(store: &impl Store, hasher: &dyn PasswordHasher, name: &str, role: Role, now: Timestamp) -> Account {
    let (username, hash) = (username(name), hasher.hash(&password()).unwrap());
    store
        .write(&tester(), &|| now, |tx, _| {
            let id = tx.insert_account(&NewAccount {
                username: &username,
                role,
                password: &hash,
                temporary_password: false,
                contact: None,
                now,
            })?;
            let account = tx.account(id)?.unwrap();
            Ok(Audited::one(account, entry(id)))
        })
        .unwrap()
        .value
}

/// Returns `secret` with a wrong last character.
pub fn mistyped(secret: &str) -> String {
    let (rest, last) = secret.split_at(secret.len() - 1);
    format!("{rest}{}", if last == "x" { "y" } else { "x" })
}
