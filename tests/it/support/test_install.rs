//! [`TestInstall`]: an installation with accounts, over any storage engine.

use std::path::PathBuf;
use std::sync::Mutex;

use jeton::domain::account::{Account, AccountId};
use jeton::domain::api_selection::Selection;
use jeton::domain::audit::AuditRow;
use jeton::domain::expiry::Expiry;
use jeton::domain::method::MethodId;
use jeton::domain::name::{Description, Prefix};
use jeton::domain::policy::Policy;
use jeton::domain::role::Role;
use jeton::domain::secret::{Secret, SecretFingerprint};
use jeton::domain::time::Timestamp;
use jeton::domain::token::{Token, TokenId};
use jeton::error::Result;
use jeton::http::decision_cache::{DecisionCache, DecisionRequest};
use jeton::platform::secret_files::SecretFiles;
use jeton::service::identity_header::IdentityField;
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::Backend;
use jeton::verbs::audited::Audited;
use jeton::verbs::credential::Credential;
use jeton::verbs::local_backend::Adapters;
use jeton::verbs::ports::{Clock, DataVersions, Entropy, Maintenance, NewToken, Store};
use jeton::verbs::request::{RequestVerb, call};
use jeton::verbs::secret_delivery::{SecretDestination, call_with_delivery};
use jeton::verbs::tokens::{CreateToken, IssuedToken};
use jeton::verbs::verify::{self, AcceptedToken, Decision, DecisionKind};

use super::{
    Fakes, OVER_WIRE, ServedBackend, TempStore, TestBackend, add_account, audit_rows, client_info, create, credential,
    entry, init, tester, token_name, username,
};

/// The location of a store, for one storage engine.
pub trait Engine {
    type S: Store + Maintenance + DataVersions;
    /// Returns a new location, without a store.
    fn fresh() -> Self;
    /// Opens another handle of the store, as another process would.
    fn open(&self) -> Self::S;
    /// Starts a server of the store. `None` if only this process can use the engine.
    fn serve(&self, _adapters: Adapters) -> Option<Box<dyn Backend>> {
        None
    }
}

impl Engine for TempStore {
    type S = SqliteStore;
    fn fresh() -> Self {
        TempStore::new()
    }
    fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.path(), OpenMode::Create).unwrap()
    }
    fn serve(&self, adapters: Adapters) -> Option<Box<dyn Backend>> {
        Some(Box::new(ServedBackend::start(self.path(), adapters)))
    }
}

/// An installation with its first owner `ops`, the catalogue `cloud-platform`, and a settable clock.
pub struct EngineInstall<E: Engine> {
    pub temp_store: E,
    pub fakes: Fakes,
    pub backend: TestBackend<E::S>,
    /// The store handle and decision cache of a simulated service, opened by the first decision.
    service: Mutex<Option<(E::S, DecisionCache)>>,
}

/// An installation in a temporary folder.
pub type TestInstall = EngineInstall<TempStore>;

impl<E: Engine> EngineInstall<E> {
    pub fn new() -> Self {
        Self::with_self_service(true)
    }

    pub fn with_self_service(self_service: bool) -> Self {
        let (place, fakes) = (E::fresh(), Fakes::new());
        let mut jeton = TestBackend::new(place.open(), fakes.adapters(), client_info());
        call(&jeton, &Credential::Store, init(self_service)).unwrap();
        if std::env::var_os(OVER_WIRE).is_some_and(|wire| wire == "http")
            && let Some(server) = place.serve(fakes.adapters())
        {
            jeton.set_server(server);
        }
        Self::from_parts(place, fakes, jeton)
    }

    /// Creates an installation from a location, fakes and a backend.
    pub fn from_parts(place: E, fakes: Fakes, jeton: TestBackend<E::S>) -> Self {
        EngineInstall { temp_store: place, fakes, backend: jeton, service: Mutex::default() }
    }

    /// [`TestInstall::new`] with one more account per lower role, named after the role: `admin`, `member`, `viewer`.
    pub fn with_accounts() -> Self {
        let install = Self::new();
        for role in [Role::Admin, Role::Member, Role::Viewer] {
            install.account(role.as_str(), role);
        }
        install
    }

    pub fn store(&self) -> &E::S {
        self.backend.store()
    }

    pub fn now(&self) -> Timestamp {
        self.fakes.clock.now()
    }

    /// Adds an account with the password of all test accounts.
    pub fn account(&self, name: &str, role: Role) -> Account {
        add_account(self.store(), &*self.fakes.hasher, name, role, self.now())
    }

    pub fn account_named(&self, name: &str) -> Account {
        self.store().read(|s| s.account_by_name(&username(name))).unwrap().unwrap()
    }

    pub fn set_policy(&self, change: impl Fn(&mut Policy)) {
        let now = self.now();
        self.store()
            .write(&tester(), &|| now, |tx, _| {
                let mut policy = tx.policy()?;
                change(&mut policy);
                tx.set_policy(&policy)?;
                Ok(Audited::one((), entry("policy")))
            })
            .unwrap();
    }

    /// Runs `verb` as `who` with the right password.
    pub fn call<V: RequestVerb>(&self, who: &str, verb: V) -> Result<V::Reply> {
        call(&self.backend, &credential(who), verb)
    }

    /// Runs `verb` as `who`, with its secrets at `destination`. Returns the paths of saved secrets.
    pub fn call_with_delivery<V: RequestVerb>(
        &self,
        who: &str,
        verb: V,
        destination: SecretDestination<'_>,
    ) -> Result<(V::Reply, Vec<PathBuf>)> {
        call_with_delivery(&self.backend, &credential(who), verb, destination, &SecretFiles)
    }

    /// Creates a token of `who` that never expires.
    pub fn issue(&self, who: &str, name: &str) -> IssuedToken {
        self.call(who, create(name)).unwrap().value.remove(0)
    }

    /// Creates one token as `new` describes.
    pub fn create(&self, who: &str, new: CreateToken) -> IssuedToken {
        self.call(who, new).unwrap().value.remove(0)
    }

    pub fn token(&self, id: TokenId) -> Token {
        self.store().read(|s| s.token(id)).unwrap().unwrap()
    }

    /// Returns the service's decision about `secret`, and records it.
    pub fn verify(&self, secret: &Secret) -> Decision {
        secret.expose(|s| self.decide(s, None))
    }

    /// Decides about any presented text, for a method. Asserts that a single decision and a service with a cache agree.
    pub fn decide(&self, presented: &str, method: Option<&MethodId>) -> Decision {
        let from = verify::Origin { address: "192.0.2.7", client: "it/1.0" };
        let decision = verify::verify(self.store(), presented, method, self.now(), from).unwrap();
        let claim = SecretFingerprint::parse(presented);
        let mut service = self.service.lock().unwrap();
        let (store, memory) = service.get_or_insert_with(|| (self.temp_store.open(), DecisionCache::default()));
        let edition = store.data_version().unwrap();
        let presented = claim.as_ref().map_err(|fault| *fault);
        let question = DecisionRequest { presented, method: method.map(MethodId::as_str), methods: true };
        let recalled = memory.get_if_current(edition, question, self.now());
        let answer = store.read(|snapshot| {
            let mut sitting = memory.begin(edition, snapshot, self.now())?;
            sitting.decide(question)
        });
        let answer = recalled.unwrap_or_else(|| answer.unwrap());
        match (&decision, answer.kind) {
            (Decision::Allowed(accepted), DecisionKind::Allowed) => {
                let AcceptedToken { token, role } = &**accepted;
                let (known, claim) = (answer.secret.unwrap(), claim.unwrap());
                let fields = [IdentityField::Account, IdentityField::Token, IdentityField::Role, IdentityField::Hint];
                let hint = claim.public_id().hint(&Prefix::default());
                let facts = [token.owner.username.as_str(), token.name.as_str(), role.as_str(), &hint];
                assert_eq!(fields.map(|field| known.identity.text(field)), facts);
                assert_eq!(answer.token, Some(token.id));
                let scope = answer.methods.unwrap().scope();
                let methods: Vec<MethodId> = scope.split_whitespace().map(|id| MethodId::parse(id).unwrap()).collect();
                assert!(method.is_none_or(|method| methods.contains(method)));
                for method in &methods {
                    assert_eq!(
                        self.store().read(|s| verify::permits(s, *role, &token.selection, method)).unwrap(),
                        Some(true)
                    );
                }
            }
            (Decision::Denied(reason, token), DecisionKind::Denied(remembered)) => {
                assert_eq!(*reason, remembered);
                assert!(token.as_ref().is_none_or(|token| answer.token == Some(token.id)));
            }
            (Decision::UnknownMethod, DecisionKind::UnknownMethod) => {}
            (decision, ruling) => panic!("{decision:?}, and to who remembers {ruling:?}"),
        }
        decision
    }

    pub fn audit(&self) -> Vec<AuditRow> {
        audit_rows(self.store())
    }

    /// Disables or enables an account, as anyone allowed to, and ends its sessions.
    pub fn set_account_enabled(&self, id: AccountId, enabled: bool) {
        let switched = self.store().write(&tester(), &|| self.now(), |tx, _| {
            let account = tx.account(id)?.unwrap();
            tx.update_account(&Account { enabled, ..account })?;
            Ok(Audited::one((), entry(id)))
        });
        switched.unwrap();
    }

    /// Sets the role of an account, as anyone allowed to, and ends its sessions.
    pub fn set_role(&self, name: &str, role: Role) {
        let account = self.account_named(name);
        let given = self.store().write(&tester(), &|| self.now(), |tx, _| {
            tx.update_account(&Account { role, ..account.clone() })?;
            Ok(Audited::one((), entry(account.id)))
        });
        given.unwrap();
    }

    /// Creates a token of `owner` that never expires, with a secret issued under `role`.
    pub fn token_issued_under(&self, role: Role, owner: &str, name: &str, selection: &Selection) -> (Token, Secret) {
        let account = self.account_named(owner).id;
        let secret = Secret::generate(&Prefix::default(), |b| self.fakes.entropy.fill(b)).unwrap();
        let made = self.store().write(&tester(), &|| self.now(), |tx, now| {
            let id = tx.insert_token(&NewToken {
                account,
                name: &token_name(name),
                description: &Description::none(),
                selection,
                expiry: Expiry::Never,
                expected_unused: false,
                now,
            })?;
            tx.set_secret(id, &secret, role, now, None)?;
            Ok(Audited::one(tx.token(id)?.unwrap(), entry(id)))
        });
        (made.unwrap().value, secret)
    }

    /// Returns the role of a secret, as every decision has it; `None` if the secret is denied.
    pub fn role_of(&self, secret: &Secret) -> Option<Role> {
        match self.verify(secret) {
            Decision::Allowed(accepted) => Some(accepted.role),
            Decision::Denied(..) | Decision::UnknownMethod => None,
        }
    }
}

impl TestInstall {
    /// Opens a plain connection to the store's file, without any of jeton's checks.
    pub fn raw_connection(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.temp_store.path()).unwrap()
    }
}
