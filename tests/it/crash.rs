//! Kills the program at random moments, repeatedly: every acknowledged change is stored, and every stored change is in
//! the audit log.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use jeton::domain::audit::AuditRow;
use jeton::domain::query::sort::Sort;
use jeton::domain::query::token_filter::TokenFilter;
use jeton::domain::token::{TokenId, TokenRef};
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::local_backend::{ClientInfo, LocalBackend};
use jeton::verbs::ports::{Clock, Store, TokenCursor, WindowQuery};
use jeton::verbs::request::call;
use jeton::verbs::tokens::{
    CreateToken, DisableTokens, EnableTokens, RegenerateToken, RestoreTokens, RevokeTokens, TokenTarget,
};
use jeton::verbs::verify::{self, Decision};

use crate::support::fakes::{
    FakeClock, Fakes, OWNER, START, SeededEntropy, TestInstall, audit_rows, client_info, create, credential,
};

const STORE: &str = "JETON_CRASH_STORE";
const ROUND: &str = "JETON_CRASH_ROUND";

/// Changes tokens until it is killed. Runs as a separate program from this test binary; without a store in its
/// environment it does nothing.
#[test]
fn child() {
    let Some(store) = std::env::var_os(STORE) else { return };
    let round: u64 = std::env::var(ROUND).unwrap().parse().unwrap();
    // Time advances from one child to the next. A delay left by a killed sign-in is waited out on the fake clock.
    let mut fakes = Fakes::seeded(round.wrapping_mul(0x5851_f42d_4c95_7f2d));
    fakes.clock = Arc::new(FakeClock::at(START.plus(round as i64 * 3_600_000)));
    let caller = ClientInfo { max_wait: Duration::from_secs(60), ..client_info() };
    let jeton =
        LocalBackend::new(SqliteStore::open(Path::new(&store), OpenMode::Existing).unwrap(), fakes.adapters(), caller);
    let dice = SeededEntropy::new(round ^ 0xd1ce);
    say("READY");
    for step in 0.. {
        change(&jeton, &dice, &format!("r{round}-{step}"));
        fakes.clock.advance(1_000);
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{line}").and_then(|()| out.flush()).unwrap();
}

/// Makes one change that suits the store's state, acknowledged once the verb has returned.
fn change(jeton: &LocalBackend<SqliteStore>, dice: &SeededEntropy, fresh_name: &str) {
    let owner = credential(OWNER);
    let listed = |trashed| all_tokens(jeton.store(), trashed);
    let (kept, trashed) = (listed(false), listed(true));
    let pick =
        |ids: &[TokenId]| TokenTarget { reference: TokenRef::Id(ids[dice.below(ids.len())]), expected_revision: None };
    let acknowledge = |verb: &str, ids: &[TokenId], secret: &str| {
        for id in ids {
            say(&format!("ACK {verb} {id} {secret}"));
        }
    };
    let ids = |tokens: &[jeton::domain::token::Token]| tokens.iter().map(|t| t.id).collect::<Vec<_>>();
    match dice.below(7) {
        0 | 1 if kept.len() < 12 => {
            let made = call(jeton, &owner, CreateToken { ..create(fresh_name) }).unwrap().value.remove(0);
            made.secret.expose(|s| acknowledge("token.create", &[made.token.id], s));
        }
        _ if kept.is_empty() => {}
        2 => {
            let done = call(jeton, &owner, DisableTokens { tokens: vec![pick(&kept), pick(&kept)] }).unwrap();
            acknowledge("token.disable", &ids(&done.value), "");
        }
        3 => {
            let done = call(jeton, &owner, EnableTokens { tokens: vec![pick(&kept)] }).unwrap();
            acknowledge("token.enable", &ids(&done.value), "");
        }
        4 => {
            let verb = RegenerateToken { token: pick(&kept), grace: None, expires: None };
            let made = call(jeton, &owner, verb).unwrap().value;
            made.secret.expose(|s| acknowledge("token.regenerate", &[made.token.id], s));
        }
        5 if kept.len() > 3 => {
            let (tokens, typed) = (vec![pick(&kept[..2]), pick(&kept[2..])], "2".to_owned());
            let done = call(
                jeton,
                &owner,
                RevokeTokens { tokens, with_made: false, expected_made: None, confirmation: typed },
            )
            .unwrap();
            acknowledge("token.revoke", &ids(&done.value.tokens), "");
        }
        _ if !trashed.is_empty() => {
            let done = call(jeton, &owner, RestoreTokens { tokens: vec![pick(&trashed)], rename: None }).unwrap();
            acknowledge("token.restore", &[done.value[0].id], "");
        }
        _ => {}
    }
}

fn all_tokens(store: &SqliteStore, trashed: bool) -> Vec<TokenId> {
    let window = store.read(|s| {
        let owner = s.accounts()?.remove(0);
        s.window(&WindowQuery {
            visibility: jeton::verbs::ports::Visibility { own: owner.id, roles: Vec::new() },
            account: None,
            filter: TokenFilter::default(),
            bounds: Default::default(),
            sort: Sort::default(),
            trashed,
            now: START,
            cursor: TokenCursor::Start,
            limit: 10_000,
        })
    });
    window.unwrap().rows.iter().map(|t| t.id).collect()
}

/// The state of a token according to the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ExpectedState {
    name: String,
    enabled: bool,
    trashed: bool,
    hint: String,
}

/// Rebuilds the tokens from the audit log alone.
fn replay(log: &[AuditRow]) -> BTreeMap<i64, ExpectedState> {
    let mut tokens = BTreeMap::new();
    for row in log {
        let Some(id) = TokenId::parse(&row.target) else { continue };
        let details: serde_json::Value = serde_json::from_str(&row.details).unwrap();
        let detail = |key: &str| details[key].as_str().unwrap().to_owned();
        if row.verb == "token.create" {
            let name = row.target_name.split_once('/').unwrap().1.to_owned();
            let fate = ExpectedState { name, enabled: true, trashed: false, hint: detail("secret") };
            assert!(tokens.insert(id.0, fate).is_none(), "made twice: {row:?}");
            continue;
        }
        let fate = tokens.get_mut(&id.0).unwrap();
        match row.verb.as_str() {
            "token.disable" => fate.enabled = false,
            "token.enable" => fate.enabled = true,
            "token.regenerate" => fate.hint = details["secret"]["after"].as_str().unwrap().to_owned(),
            "token.revoke" => fate.trashed = true,
            "token.restore" => {
                (fate.trashed, fate.enabled) = (false, false);
                if let Some(name) = details["name"]["after"].as_str() {
                    fate.name = name.to_owned();
                }
            }
            other => panic!("{other}"),
        }
    }
    tokens
}

fn stored(store: &SqliteStore) -> BTreeMap<i64, ExpectedState> {
    let ids = [all_tokens(store, false), all_tokens(store, true)].concat();
    let read = |id: &TokenId| {
        let t = store.read(|s| s.token(*id)).unwrap().unwrap();
        let fate = ExpectedState {
            name: t.name.to_string(),
            enabled: t.enabled,
            trashed: t.deleted_at.is_some(),
            hint: t.hint.clone(),
        };
        (id.0, fate)
    };
    ids.iter().map(read).collect()
}

/// Runs a child for `lifetime` once it is ready, kills it, and returns the acknowledged changes.
fn killed_after(store: &Path, round: u64, lifetime: Duration) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["crash::child", "--exact", "--nocapture", "--test-threads=1"])
        .env(STORE, store)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (ready, is_ready) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut acknowledged = Vec::new();
        for line in lines {
            let line = line.unwrap();
            if line == "READY" {
                ready.send(()).unwrap();
            } else if let Some(change) = line.strip_prefix("ACK ") {
                acknowledged.push(change.trim_end().to_owned());
            }
        }
        acknowledged
    });
    is_ready.recv().expect("the child came up");
    // No event ends this wait: its length is the experiment itself.
    let (_nobody, never) = mpsc::channel::<()>();
    assert_eq!(never.recv_timeout(lifetime), Err(mpsc::RecvTimeoutError::Timeout));
    assert!(child.try_wait().unwrap().is_none(), "the child ended by itself");
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

#[test]
fn kill_at_any_moment_loses_no_acknowledged_change() {
    let rounds = if std::env::var_os("JETON_SOAK").is_some() { 1_000 } else { 200 };
    let install = TestInstall::new();
    install.set_policy(|p| p.active_tokens = 0);
    let path = install.temp_store.path();
    let dice = SeededEntropy::new(2_026);
    let mut known = install.audit();
    let mut secrets: HashMap<String, String> = HashMap::new();
    let (mut acks, mut unacknowledged) = (0, 0);
    for round in 1..=rounds {
        let lifetime = Duration::from_micros(dice.below(80_000) as u64);
        let acknowledged = killed_after(&path, round, lifetime);
        let store = SqliteStore::open(&path, OpenMode::Existing).unwrap();
        assert_eq!(crate::support::integrity(store.path()).unwrap(), "ok", "round {round}");
        let log = audit_rows(&store);
        assert_eq!(log[..known.len()], known, "round {round}: history changed");
        let new = &log[known.len()..];
        assert!(new.len() >= acknowledged.len(), "round {round}: lost {:?}", &acknowledged[new.len()..]);
        for (ack, row) in acknowledged.iter().zip(new) {
            let words: Vec<&str> = ack.split(' ').collect();
            assert_eq!((words[0], words[1]), (row.verb.as_str(), row.target.as_str()), "round {round}");
            if let Some(secret) = words.get(2) {
                secrets.insert(secret[..12].to_owned(), (*secret).to_owned());
            }
        }
        // The one change in progress may be stored completely (two rows at most), or not at all.
        assert!(new.len() - acknowledged.len() <= 2, "round {round}");
        assert_eq!(stored(&store), replay(&log), "round {round}");
        acks += acknowledged.len();
        unacknowledged += new.len() - acknowledged.len();
        known = log;
    }
    let store = SqliteStore::open(&path, OpenMode::Existing).unwrap();
    let fates = replay(&known);
    let clock = FakeClock::at(START);
    for (hint, secret) in &secrets {
        let good = fates.values().any(|f| f.hint == *hint && f.enabled && !f.trashed);
        let from = verify::Origin { address: "", client: "" };
        let decision = verify::verify(&store, secret, None, clock.now(), from).unwrap();
        assert_eq!(matches!(decision, Decision::Allowed(_)), good, "{hint}: {decision:?}");
    }
    println!("{rounds} kills, {acks} acknowledged, {unacknowledged} committed unheard, {} secrets", secrets.len());
    assert!(acks as u64 > rounds, "too few changes to have shown anything");
}
