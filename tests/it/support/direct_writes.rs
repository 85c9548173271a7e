//! Direct writes to a store, past the program: many tokens at once, and a ledger with any caller data.

use std::path::Path;

use jeton::domain::api_selection::Selection;
use jeton::domain::audit::{AuditActor, AuditEntry, Face};
use jeton::domain::expiry::Expiry;
use jeton::domain::name::{Description, TokenName};
use jeton::domain::secret::Secret;
use jeton::domain::time::{DAY, HOUR, Timestamp};
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::audited::Audited;
use jeton::verbs::ports::{Denial, NewToken, Store, Use};

use super::fakes::TestInstall;

/// Inserts a token for each of `names` into the first account of the store at `path`, without the token limit or a
/// secret.
pub fn insert_tokens(path: &Path, names: impl Iterator<Item = String> + Clone) {
    let store = SqliteStore::open(path, OpenMode::Existing).unwrap();
    let by = AuditActor { account: String::new(), name: String::new(), proof: "store".to_owned(), face: Face::Cli };
    let now = Timestamp(1);
    let inserted = store.write(&by, &|| now, |tx, _| {
        let account = tx.accounts()?[0].id;
        for name in names.clone() {
            tx.insert_token(&NewToken {
                account,
                name: &TokenName::parse(&name)?,
                description: &Description::none(),
                selection: &Selection::nothing(),
                expiry: Expiry::Never,
                expected_unused: false,
                now,
            })?;
        }
        Ok(Audited::one((), AuditEntry::new("test", "", "")))
    });
    inserted.unwrap();
}

/// Inserts `count` tokens into the trash of the owner of `install`, which must have no tokens yet.
pub fn fill_trash(install: &TestInstall, count: usize) {
    insert_tokens(&install.temp_store.path(), (0..count).map(|n| format!("t{n}-x")));
    let trashed = "UPDATE tokens SET deleted_at = 5; UPDATE last_seen SET trashed = 1;
                   UPDATE token_counts SET trashed = trashed + kept, kept = 0;
                   UPDATE token_totals SET trashed = trashed + kept, kept = 0";
    install.raw_connection().execute_batch(trashed).unwrap();
}

/// Makes a token expire `days` and a half from now. So the number of days in a message is not another one after midnight.
pub fn set_expiry(path: &Path, name: &str, days: i64) {
    let at = jeton::platform::adapters().clock.now().plus(days * DAY + DAY / 2);
    let db = rusqlite::Connection::open(path).unwrap();
    assert_eq!(db.execute("UPDATE tokens SET expires_at = ?1 WHERE name = ?2", (at.0, name)).unwrap(), 1);
}

/// Records a use of `secret` just now, by a caller that calls itself `client`.
pub fn record_use(path: &Path, secret: &str, address: &str, client: &str) {
    record_use_at(path, secret, 0, "", address, client);
}

/// Records a use of `secret` by `jeton verify`, two days and an hour ago: messages say the same of it before and after
/// midnight.
pub fn record_use_in_past(path: &Path, secret: &str, method: &str) {
    record_use_at(path, secret, 2 * DAY + HOUR, method, "local", "jeton verify");
}

fn record_use_at(path: &Path, secret: &str, ago: i64, method: &str, address: &str, client: &str) {
    let secret = Secret::parse(secret).unwrap();
    let at = jeton::platform::adapters().clock.now().plus(-ago);
    let store = SqliteStore::open(path, OpenMode::Existing).unwrap();
    let token = store.read(|s| s.secret(secret.public_id())).unwrap().unwrap().token;
    let used = Use { token, secret: secret.public_id(), at, count: 1, method, address, client };
    store.write_usage(|b| b.record_use(&used)).unwrap();
}

/// Records `count` denied attempts with `secret` just now, by a caller that calls itself `client`.
pub fn record_denial(path: &Path, secret: &str, address: &str, client: &str, count: u64) {
    let secret = Secret::parse(secret).unwrap();
    let at = jeton::platform::adapters().clock.now();
    let store = SqliteStore::open(path, OpenMode::Existing).unwrap();
    let token = store.read(|s| s.secret(secret.public_id())).unwrap().unwrap().token;
    let (token, secret, reason) = (Some(token), Some(secret.public_id()), "retired");
    let denied = Denial { token, secret, reason, at, count, method: "", address, client };
    store.write_usage(|b| b.record_denial(&denied)).unwrap();
}

/// Records uses and denied attempts of `secret` by `callers` callers, three of each, on two days.
pub fn record_many(path: &Path, secret: &str, callers: usize) {
    let secret = Secret::parse(secret).unwrap();
    let now = jeton::platform::adapters().clock.now();
    let store = SqliteStore::open(path, OpenMode::Existing).unwrap();
    let token = store.read(|s| s.secret(secret.public_id())).unwrap().unwrap().token;
    let recorded = store.write_usage(|b| {
        for n in 0..callers {
            let (address, client) = (format!("10.0.{}.{}", n / 250, n % 250), "c");
            let (address, secret, count) = (address.as_str(), secret.public_id(), 3);
            let at = now.plus(-(n as i64 % 2) * DAY);
            b.record_use(&Use { token, secret, at, count, method: "m.One", address, client })?;
            let at = now.plus(-(n as i64) * 60_000);
            let (token, secret, reason) = (Some(token), Some(secret), "disabled");
            b.record_denial(&Denial { token, secret, reason, at, count, method: "", address, client })?;
        }
        Ok(())
    });
    recorded.unwrap();
}
