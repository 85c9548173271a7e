//! Four programs change one store at once: every acknowledged change is stored exactly once. The limit of active tokens
//! holds after each change, and the audit log has exactly these changes.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use jeton::domain::audit::AuditRow;
use jeton::domain::expiry::Span;
use jeton::domain::name::Description;
use jeton::domain::query::filter_syntax::FilterFields;
use jeton::domain::query::sort::Sort;
use jeton::domain::query::token_filter::TokenFilter;
use jeton::domain::role::Role;
use jeton::domain::token::{Token, TokenId, TokenRef};
use jeton::error::{Error, Kind, Result};
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::audit::{AuditRange, VerifyAuditChain};
use jeton::verbs::local_backend::{ClientInfo, LocalBackend};
use jeton::verbs::ports::TokenCursor;
use jeton::verbs::request::call;
use jeton::verbs::tokens::{
    CopyToken, DisableTokens, EditToken, EnableTokens, ListTokens, OwnerFilter, RegenerateToken, RestoreTokens,
    RetireToken, RevokeTokens, TokenTarget,
};

use super::{child_command, child_store, wait_for_output};
use crate::support::fakes::{
    FakeClock, Fakes, START, SeededEntropy, TestInstall, client_info, create, credential, token_name,
};

const CHILD_NUMBER: &str = "JETON_CROWD_NUMBER";
const CHILD_CHANGES: &str = "JETON_CROWD_CHANGES";
const LIMIT: u32 = 3;
const ACCOUNTS: [&str; 2] = ["member", "admin"];

/// Makes the requested number of changes and prints them. Runs only as a separate program from this test binary.
#[test]
fn writer_child() {
    let Some(path) = child_store() else { return };
    let number: u64 = std::env::var(CHILD_NUMBER).unwrap().parse().unwrap();
    let changes: u32 = std::env::var(CHILD_CHANGES).unwrap().parse().unwrap();
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let mut fakes = Fakes::seeded(number + 77);
    fakes.clock = Arc::new(FakeClock::at(START));
    let caller = ClientInfo { source: format!("crowd {number}"), max_wait: Duration::from_secs(60), ..client_info() };
    let jeton = LocalBackend::new(SqliteStore::open(&path, OpenMode::Existing).unwrap(), fakes.adapters(), caller);
    let dice = SeededEntropy::new(number);
    let mut done = 0;
    let mut step = 0;
    while done < changes {
        step += 1;
        match change(&jeton, &dice, &format!("n{number}-{step}")) {
            Ok(changed) => {
                for (verb, id) in changed {
                    done += 1;
                    println!("\nACK {verb} {id}");
                }
            }
            // Another program was faster, or the limit is reached: nothing was changed.
            Err(e) if matches!(e.kind, Kind::Conflict | Kind::NotFound | Kind::Denied) => {}
            Err(e) => panic!("{e}"),
        }
    }
}

/// Makes one change that suits the store's state. Returns the verb and the changed tokens.
fn change(
    jeton: &LocalBackend<SqliteStore>,
    dice: &SeededEntropy,
    fresh: &str,
) -> Result<Vec<(&'static str, TokenId)>> {
    let actor = &credential(ACCOUNTS[dice.below(2)]);
    let list = |trashed| ListTokens {
        owner: OwnerFilter::Mine,
        filter: TokenFilter::default(),
        sort: Sort::default(),
        trashed,
        cursor: TokenCursor::Start,
        limit: 50,
    };
    let (retained, trashed) = (call(jeton, actor, list(false))?.rows, call(jeton, actor, list(true))?.rows);
    let verb = dice.below(10);
    if retained.is_empty() || (verb < 2 && retained.len() < 12) {
        let made = call(jeton, actor, create(fresh))?.value;
        return Ok(vec![("token.create", made[0].token.id)]);
    }
    let token = &retained[dice.below(retained.len())];
    let pointed = || TokenTarget { reference: TokenRef::Id(token.id), expected_revision: None };
    let one = |verb, token: &Token| Ok(vec![(verb, token.id)]);
    match verb {
        2 => one("token.disable", &call(jeton, actor, DisableTokens { tokens: vec![pointed()] })?.value[0]),
        3 | 4 => one("token.enable", &call(jeton, actor, EnableTokens { tokens: vec![pointed()] })?.value[0]),
        5 => {
            let grace = (dice.below(2) == 0).then_some(Span::Hours(1));
            let verb = RegenerateToken { token: pointed(), grace, expires: None };
            one("token.regenerate", &call(jeton, actor, verb)?.value.token)
        }
        6 => one("token.retire", &call(jeton, actor, RetireToken { token: pointed() })?.value),
        7 => {
            let description = Some(Description::parse(fresh).unwrap());
            let verb = EditToken { description, expected: Some(Box::new(token.clone())), ..EditToken::new(pointed()) };
            one("token.edit", &call(jeton, actor, verb)?.value.after)
        }
        8 if trashed.len() < 12 => {
            let verb = RevokeTokens {
                tokens: vec![TokenTarget::at_revision(token)],
                with_made: false,
                expected_made: None,
                confirmation: token.name.to_string(),
            };
            one("token.revoke", &call(jeton, actor, verb)?.value.tokens[0])
        }
        9 if retained.len() < 12 && dice.below(2) == 0 => {
            let (token, name) = (pointed(), token_name(&format!("{fresh}-c")));
            one("token.copy", &call(jeton, actor, CopyToken { token, name, account: None, expires: None })?.value.token)
        }
        _ if trashed.is_empty() => Err(Error::conflict("nothing to restore")),
        _ => {
            let tokens = vec![TokenTarget { reference: TokenRef::Id(trashed[0].id), expected_revision: None }];
            one("token.restore", &call(jeton, actor, RestoreTokens { tokens, rename: None })?.value[0])
        }
    }
}

/// Returns the number of changes per program: 500 with `JETON_SOAK`, a fraction of them otherwise.
fn changes() -> u32 {
    if std::env::var_os("JETON_SOAK").is_some() { 500 } else { 60 }
}

#[test]
fn concurrent_writers_lose_nothing_and_exceed_no_limit() {
    let install = TestInstall::new();
    install.account("member", Role::Member);
    install.account("admin", Role::Admin);
    install.set_policy(|p| p.active_tokens = LIMIT);
    let before = install.audit().len();
    let mut crowd: Vec<_> = (0..4)
        .map(|number| {
            let mut command = child_command("storage::concurrent_writers::writer_child", &install.temp_store.path());
            command.env(CHILD_NUMBER, number.to_string()).env(CHILD_CHANGES, changes().to_string());
            command.stdin(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for member in &mut crowd {
        use std::io::Write;
        member.stdin.take().unwrap().write_all(b"go\n").unwrap();
    }
    let mut acknowledged: BTreeMap<(String, String), usize> = BTreeMap::new();
    for member in crowd {
        let output = wait_for_output(member);
        for line in output.lines().filter_map(|l| l.strip_prefix("ACK ")) {
            let (verb, id) = line.split_once(' ').unwrap();
            *acknowledged.entry((verb.to_owned(), id.to_owned())).or_default() += 1;
        }
    }
    assert!(acknowledged.values().sum::<usize>() >= 4 * changes() as usize);

    let log = install.audit().split_off(before);
    let mut audited: BTreeMap<(String, String), usize> = BTreeMap::new();
    for row in &log {
        *audited.entry((row.verb.clone(), row.target.clone())).or_default() += 1;
    }
    assert_eq!(audited, acknowledged, "one row for each acknowledged change, and no other");
    let verified = call(
        &install.backend,
        &jeton::verbs::credential::Credential::Store,
        VerifyAuditChain { checkpoints: Vec::new(), range: AuditRange::FromStart },
    );
    assert!(verified.unwrap().report.findings.is_empty());

    let active = replay(&log);
    for account in ACCOUNTS {
        let account = install.account_named(account);
        let stored: BTreeSet<String> = all_of(&install, &account.username.to_string());
        assert_eq!(active.get(account.username.as_str()).cloned().unwrap_or_default(), stored);
    }
}

/// Replays the log: the active tokens of each account, never more than the limit after any row.
fn replay(log: &[AuditRow]) -> BTreeMap<String, BTreeSet<String>> {
    let mut active: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut enabled: BTreeSet<String> = BTreeSet::new();
    for row in log {
        let account = row.target_name.split_once('/').unwrap().0;
        let here = active.entry(account.to_owned()).or_default();
        let id = row.target.clone();
        match row.verb.as_str() {
            "token.create" | "token.copy" | "token.enable" => {
                enabled.insert(id.clone());
                here.insert(id);
            }
            "token.disable" | "token.revoke" | "token.restore" => {
                enabled.remove(&id);
                here.remove(&id);
            }
            "token.edit" | "token.regenerate" | "token.retire" => {}
            other => panic!("{other}"),
        }
        assert!(here.len() <= LIMIT as usize, "after row {}: {} active", row.seq, here.len());
    }
    active
}

fn all_of(install: &TestInstall, account: &str) -> BTreeSet<String> {
    let list = ListTokens {
        owner: OwnerFilter::Mine,
        filter: TokenFilter::parse("status:active"),
        sort: Sort::default(),
        trashed: false,
        cursor: TokenCursor::Start,
        limit: 100,
    };
    install.call(account, list).unwrap().rows.iter().map(|t| t.id.to_string()).collect()
}
