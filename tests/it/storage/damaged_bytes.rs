//! Random damage to a store: never a panic, and no unknown token is accepted.

use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use jeton::domain::api_selection::Selection;
use jeton::domain::method::MethodId;
use jeton::domain::name::Prefix;
use jeton::domain::query::filter_syntax::FilterFields;
use jeton::domain::query::sort::{Sort, SortColumn};
use jeton::domain::query::token_filter::TokenFilter;
use jeton::domain::secret::Secret;
use jeton::domain::token::TokenRef;
use jeton::error::{Error, Kind};
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::credential::Credential;
use jeton::verbs::local_backend::LocalBackend;
use jeton::verbs::ports::{Entropy, Store as _, TokenCursor};
use jeton::verbs::request::call;
use jeton::verbs::tokens::{
    CreateToken, DisableTokens, ListTokens, OwnerFilter, RegenerateToken, RestoreTokens, RevokeTokens, ShowToken,
    TokenTarget,
};
use jeton::verbs::verify::{self, Decision};

use crate::support::cli_program::CliHome;
use crate::support::fakes::{
    Fakes, OWNER, START, SeededEntropy, TempStore, TestInstall, client_info, create, credential, init,
};

/// Returns the bytes of a store in use: its file, and the WAL not yet in the file.
fn store_bytes() -> (Vec<u8>, Vec<u8>) {
    let install = TestInstall::with_accounts();
    install.set_policy(|p| p.active_tokens = 0);
    let one = MethodId::parse("jeton.tokens.read").unwrap();
    for n in 0..30 {
        let selection = match n % 3 {
            0 => Selection::Inherit,
            1 => Selection::Sets(["Marketplace".to_owned()].into()),
            _ => Selection::Custom([one.clone()].into()),
        };
        let issued = install.create("member", CreateToken { selection, ..create(&format!("token{n}")) });
        install.verify(&issued.secret);
    }
    // Half of the content in the file, the rest in the WAL.
    install.raw_connection().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    for n in 0..10 {
        let tokens = vec![TokenTarget::by_reference(format!("token{n}"))];
        install.call("member", DisableTokens { tokens }).unwrap();
    }
    let path = install.temp_store.path();
    (fs::read(&path).unwrap(), fs::read(path.with_file_name("jeton.db-wal")).unwrap())
}

fn write_store(path: &Path, bytes: &[u8]) {
    use std::io::Write;
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).unwrap();
    file.write_all(bytes).unwrap();
}

/// Flips bits, truncates, or overwrites a range.
fn damage(bytes: &mut Vec<u8>, dice: &SeededEntropy) {
    let length = bytes.len();
    match dice.below(4) {
        0 => bytes.truncate(dice.below(length)),
        1 => {
            let start = dice.below(length);
            let end = (start + dice.below(600)).min(length);
            bytes[start..end].fill(dice.next() as u8);
        }
        // Page headers have the most effect.
        2 => {
            let page = dice.below(length / 4_096 + 1) * 4_096;
            let at = (page + dice.below(120)).min(length - 1);
            bytes[at] ^= 1 << dice.below(8);
        }
        _ => (0..1 + dice.below(60)).for_each(|_| bytes[dice.below(length)] ^= 1 << dice.below(8)),
    }
}

fn unknown_secret(dice: &SeededEntropy) -> Secret {
    Secret::generate(&Prefix::default(), |buffer| dice.fill(buffer)).unwrap()
}

/// Runs every query on the store. Each one succeeds or returns a proper error.
fn try_everything(path: &Path, dice: &SeededEntropy) -> Result<(), Error> {
    let store = SqliteStore::open(path, OpenMode::Existing)?;
    let method = MethodId::parse("jeton.tokens.read").unwrap();
    for method in [None, Some(&method)] {
        let from = verify::Origin { address: "", client: "" };
        let decision = unknown_secret(dice).expose(|s| verify::verify(&store, s, method, START, from));
        assert!(!matches!(decision, Ok(Decision::Allowed(_))), "a token that isn't there: {decision:?}");
    }
    let _ = crate::support::integrity(store.path());
    let _ = store.read(|s| s.audit_page(None, usize::MAX));
    let jeton = LocalBackend::new(store, Fakes::seeded(dice.next()).adapters(), client_info());
    let filter = TokenFilter::parse("token status:active");
    let sort = Sort { column: SortColumn::ALL[dice.below(SortColumn::ALL.len())], descending: false };
    let list =
        ListTokens { owner: OwnerFilter::All, filter, sort, trashed: false, cursor: TokenCursor::End, limit: 50 };
    let mut faults = vec![
        call(&jeton, &credential(OWNER), list).err(),
        call(&jeton, &credential(OWNER), ShowToken { token: TokenRef::Text("member/token3".to_owned()) }).err(),
        call(&jeton, &credential("member"), create("new")).err(),
        call(&jeton, &credential("member"), DisableTokens { tokens: vec![TokenTarget::by_reference("token20")] }).err(),
    ];
    let regenerate = RegenerateToken { token: TokenTarget::by_reference("token21"), grace: None, expires: None };
    faults.push(call(&jeton, &credential("member"), regenerate).err());
    let revoke = RevokeTokens {
        tokens: vec![TokenTarget::by_reference("token22")],
        with_made: false,
        expected_made: None,
        confirmation: "token22".to_owned(),
    };
    faults.push(call(&jeton, &credential("member"), revoke).err());
    let restore = RestoreTokens { tokens: vec![TokenTarget::by_reference("token22")], rename: None };
    faults.push(call(&jeton, &credential("member"), restore).err());
    faults.push(call(&jeton, &Credential::Store, init(true)).err());
    faults.into_iter().flatten().find(|f| f.kind == Kind::Failure).map_or(Ok(()), Err)
}

#[test]
fn damage_admits_nobody_and_crashes_nothing() {
    let trials = if std::env::var_os("JETON_SOAK").is_some() { 2_000 } else { 150 };
    let (file, log) = store_bytes();
    let (temp_store, dice) = (TempStore::new(), SeededEntropy::new(150));
    let path = temp_store.path();
    let (mut output, mut unnoticed) = (0, 0);
    for trial in 0..trials {
        let (mut file, mut log) = (file.clone(), log.clone());
        damage(if trial % 4 == 0 { &mut log } else { &mut file }, &dice);
        write_store(&path, &file);
        write_store(&path.with_file_name("jeton.db-wal"), &log);
        match try_everything(&path, &dice) {
            Ok(()) => unnoticed += 1,
            Err(e) => {
                output += 1;
                assert!(matches!(e.kind, Kind::Failure | Kind::NotFound), "{e}");
                assert!(!e.what.is_empty() && e.to_string().chars().all(|c| !c.is_control()), "{e}");
            }
        }
        let _ = fs::remove_file(path.with_file_name("jeton.db-shm"));
    }
    println!("{trials} damaged stores: {output} told so, {unnoticed} went on with what was whole");
    assert!(output > trials / 20 && unnoticed > trials / 20, "the damage is too mild or too wild to show anything");
}

/// Through the real program: the good tokens are listed, the damaged one is named.
#[test]
fn damaged_token_is_named_and_the_others_are_listed() {
    let home = CliHome::set_up();
    for name in ["a", "b", "c"] {
        home.create(&[name]);
    }
    let raw = rusqlite::Connection::open(home.store()).unwrap();
    raw.execute_batch("UPDATE tokens SET name = 'b' || char(27) WHERE name = 'b'").unwrap();
    drop(raw);
    let listed = home.as_ops(&["token", "list", "--quiet"]).assert_code(1);
    assert_eq!(listed.out, "ops/a\nops/c\n");
    listed.assert_says(&["t:2"]);
    let json = home.as_ops(&["token", "list", "--json"]).assert_code(1);
    assert_eq!(json.json()["tokens"].as_array().unwrap().len(), 2);
    home.as_ops(&["token", "show", "t:2"]).assert_code(1).assert_silent();
}
