//! One unreadable row: every list names it and returns the others.

use jeton::domain::catalogue::Catalogue;
use jeton::domain::query::audit_filter::AuditFilter;
use jeton::domain::query::filter_syntax::FilterFields;
use jeton::domain::query::ledger_filter::LedgerFilter;
use jeton::domain::query::page_cursor::PageCursor;
use jeton::domain::query::sort::{Sort, SortColumn};
use jeton::domain::query::token_filter::TokenFilter;
use jeton::domain::role::Role;
use jeton::domain::token::{TokenId, TokenRef};
use jeton::verbs::accounts::{GetSetup, ListAccounts};
use jeton::verbs::audit::ListAudit;
use jeton::verbs::audited::Audited;
use jeton::verbs::catalogue::PreviewCatalogue;
use jeton::verbs::credential::Credential;
use jeton::verbs::findings::{FindingKind, ListFindings};
use jeton::verbs::ledger::{ListDenied, ListUses};
use jeton::verbs::ports::{Store, TokenCursor};
use jeton::verbs::request::call;
use jeton::verbs::tokens::{DisableTokens, ListTokens, OwnerFilter, ShowToken, TokenTarget};

use crate::support::cli_program::CliHome;
use crate::support::fakes::{OWNER, START, TestInstall, entry, tester};

/// Values that a manual change may leave: one that breaks the rules, and one that isn't valid text.
const DAMAGES: [&str; 2] = ["'\u{1b}'", "CAST(x'ff41' AS TEXT)"];

/// Sets a column without any of the store's checks.
fn damage(install: &TestInstall, table: &str, column: &str, value: &str, which: &str) {
    let raw = install.raw_connection();
    raw.pragma_update(None, "ignore_check_constraints", true).unwrap();
    let changed = raw.execute(&format!("UPDATE {table} SET {column} = {value} WHERE {which}"), []).unwrap();
    assert!(changed > 0, "{table}.{column}");
}

/// Returns an installation with three tokens, `a`, `b` and `c`, each used, denied and disabled.
fn new_install() -> TestInstall {
    let install = TestInstall::with_accounts();
    for name in ["a", "b", "c"] {
        let issued = install.issue("member", name);
        install.verify(&issued.secret);
        install.call("member", DisableTokens { tokens: vec![TokenTarget::by_reference(name)] }).unwrap();
        install.verify(&issued.secret);
    }
    install
}

/// Returns the id of the token `b`.
fn b(install: &TestInstall) -> TokenId {
    install.raw_connection().query_row("SELECT id FROM tokens WHERE name = 'b'", [], |r| r.get(0).map(TokenId)).unwrap()
}

fn list(sort: SortColumn, anchor: TokenCursor, limit: usize) -> ListTokens {
    let (whose, filter) = (OwnerFilter::All, TokenFilter::default());
    ListTokens {
        owner: whose,
        filter,
        sort: Sort { column: sort, descending: false },
        trashed: false,
        cursor: anchor,
        limit,
    }
}

#[test]
fn damaged_token_is_named_in_every_order_and_page() {
    for (column, value) in ["name", "description", "selection", "username", "kind"]
        .into_iter()
        .flat_map(|column| DAMAGES.map(|value| (column, value)))
    {
        let install = new_install();
        let damaged = b(&install);
        // The username is also in the account, and is read from there.
        let reads_back = column == "username";
        damage(&install, "tokens", column, value, "name = 'b'");
        for sort in SortColumn::ALL {
            for limit in [1, 2, 100] {
                let (mut names, mut unreadable, mut anchor) = (Vec::new(), Vec::new(), TokenCursor::Start);
                loop {
                    let window = install.call(OWNER, list(sort, anchor, limit)).unwrap();
                    names.extend(window.rows.iter().map(|token| token.name.to_string()));
                    unreadable.extend(window.unreadable);
                    match window.last {
                        Some(last) => anchor = TokenCursor::After(Some(last)),
                        None => break,
                    }
                }
                names.sort_unstable();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                let (others, left_out): (&[&str], &[_]) =
                    if reads_back { (&["a", "b", "c"], &[]) } else { (&["a", "c"], &[damaged]) };
                assert_eq!(
                    (&names[..], &unreadable[..]),
                    (others, left_out),
                    "{column} = {value} by {sort:?}, {limit}"
                );
            }
            let around = install.call(OWNER, list(sort, TokenCursor::Around(damaged, None), 100)).unwrap();
            assert_eq!(around.rows.len() + around.unreadable.len(), 3);
            assert_eq!(around.end(), around.matching);
        }
        let words = ListTokens { filter: TokenFilter::parse("é"), ..list(SortColumn::Name, TokenCursor::Start, 100) };
        install.call(OWNER, words).unwrap();
        // The widening check needs all other tokens.
        let mut catalogue = Catalogue::shipped("cloud-platform").unwrap();
        catalogue.sets.clear();
        let grants = install.store().read(|s| s.grants(None, 100)).unwrap();
        let is_grant_damaged = column == "name" || column == "selection";
        assert_eq!(grants.unreadable, if is_grant_damaged { vec![damaged] } else { vec![] }, "{column} = {value}");
        assert_eq!(grants.grants.len() + grants.unreadable.len(), 3);
        install.call(OWNER, PreviewCatalogue { catalogue }).unwrap();
    }
}

#[test]
fn damaged_account_is_named_and_others_work() {
    for (column, value) in ["username", "role"].into_iter().flat_map(|column| DAMAGES.map(|value| (column, value))) {
        let install = new_install();
        let viewer = install.account_named("viewer").id;
        damage(&install, "accounts", column, value, "username = 'viewer'");
        let listed = install.call(OWNER, ListAccounts).unwrap();
        let names: Vec<&str> = listed.accounts.iter().map(|a| a.account.username.as_str()).collect();
        assert_eq!((names, listed.unreadable), (vec!["admin", "member", "ops"], vec![viewer]), "{column} = {value}");
        assert_eq!(install.call("member", ListAccounts).unwrap().unreadable, [], "members see their own account alone");
        install.call(OWNER, list(SortColumn::Account, TokenCursor::Start, 100)).unwrap();
    }
    // If only one token is readable, it isn't taken for the only one that exists.
    let install = TestInstall::new();
    install.account("other", Role::Member);
    damage(&install, "accounts", "role", DAMAGES[0], "username = 'other'");
    assert_eq!(call(&install.backend, &Credential::Store, GetSetup).unwrap().sole_account, None);
}

#[test]
fn damaged_audit_row_is_named() {
    for (column, value) in ["name", "details", "hash"].map(|column| (column, "CAST(x'ff' AS TEXT)")) {
        let install = new_install();
        let count = install.audit().len();
        let value = if column == "hash" { "x'00'" } else { value };
        for which in ["seq = 3".to_owned(), format!("seq = {count}")] {
            damage(&install, "audit", column, value, &which);
        }
        let all = |anchor, limit| {
            let (filter, since, token) = (AuditFilter::default(), None, None);
            install.call(OWNER, ListAudit { since, token, filter, cursor: anchor, limit })
        };
        let window = all(PageCursor::Newest, 1_000).unwrap();
        assert_eq!((window.rows.len(), &window.unreadable[..]), (count - 2, &[count as i64, 3][..]), "{column}");
        assert_eq!(window.newest, count as i64);
        let first = all(PageCursor::Oldest, 3).unwrap();
        assert_eq!(first.rows.iter().map(|c| c.row.seq).collect::<Vec<_>>(), [1, 2, 4], "others take its place");
        assert!(first.newer && !first.older);
        let around = all(PageCursor::Around(3), 4).unwrap();
        assert_eq!(around.rows.iter().map(|c| c.row.seq).collect::<Vec<_>>(), [1, 2, 4, 5]);
    }
}

#[test]
fn log_damaged_throughout_is_read_in_sections() {
    let install = new_install();
    let rows = || Audited::each((), (0..2_600).map(entry)).unwrap();
    install.store().write(&tester(), &|| START, |_, _| Ok(rows())).unwrap();
    let count = install.audit().len() as i64;
    damage(&install, "audit", "hash", "x'00'", "seq BETWEEN 10 AND 2500");
    let good: Vec<i64> = (1..10).chain(2_501..=count).collect();
    for newest_first in [false, true] {
        let mut anchor = if newest_first { PageCursor::Newest } else { PageCursor::Oldest };
        let (mut seen, mut damaged) = (Vec::new(), Vec::new());
        loop {
            let (filter, since, token) = (AuditFilter::default(), None, None);
            let window = install.call(OWNER, ListAudit { since, token, filter, cursor: anchor, limit: 50 }).unwrap();
            assert!(window.unreadable.len() <= 1_050, "{}", window.unreadable.len());
            seen.extend(window.rows.iter().map(|chained| chained.row.seq));
            damaged.extend(&window.unreadable);
            let next = match newest_first {
                true => window.first_seq().filter(|_| window.older).map(PageCursor::Older),
                false => window.last_seq().filter(|_| window.newer).map(PageCursor::Newer),
            };
            match next {
                Some(next) => anchor = next,
                None => break,
            }
        }
        seen.sort_unstable();
        damaged.sort_unstable();
        assert_eq!((&seen, damaged), (&good, (10..=2_500).collect()), "each once");
    }
}

#[test]
fn damaged_row_of_the_ledger_is_named() {
    let install = new_install();
    let denied = |limit| ListDenied {
        token: None,
        since: None,
        filter: LedgerFilter::default(),
        cursor: PageCursor::Newest,
        limit,
    };
    let uses = |limit| ListUses {
        token: None,
        since: None,
        filter: LedgerFilter::default(),
        cursor: PageCursor::Newest,
        limit,
    };
    assert_eq!(install.call(OWNER, uses(9)).unwrap().rows.len(), 3);
    let token = b(&install).0;
    let of_b = format!("token_id = {token}");
    // Values that no decision depends on are shown as far as they are readable.
    damage(&install, "denied_attempts", "client", DAMAGES[1], &of_b);
    assert_eq!(install.call(OWNER, denied(9)).unwrap().rows.len(), 3);
    damage(&install, "denied_attempts", "reason", DAMAGES[1], &of_b);
    damage(&install, "daily_uses", "client", DAMAGES[1], &of_b);
    for limit in [1, 2, 9] {
        let (mut anchor, mut seen) = (PageCursor::Newest, 0);
        loop {
            let window = install.call(OWNER, ListDenied { cursor: anchor, ..denied(limit) }).unwrap();
            seen += window.rows.len();
            assert!(window.unreadable.len() <= 1);
            match window.rows.last().filter(|_| window.older) {
                Some(row) => anchor = PageCursor::Older(row.key),
                None => break,
            }
        }
        assert_eq!(seen, 2);
        let (mut anchor, mut seen) = (PageCursor::Newest, 0);
        loop {
            let window = install.call(OWNER, ListUses { cursor: anchor, ..uses(limit) }).unwrap();
            seen += window.rows.len();
            match window.rows.last().filter(|_| window.older) {
                Some(row) => anchor = PageCursor::Older(row.key()),
                None => break,
            }
        }
        assert_eq!(seen, 2);
    }
    assert_eq!(install.call(OWNER, denied(9)).unwrap().unreadable.len(), 1);
    let named = install.call(OWNER, uses(9)).unwrap().unreadable;
    assert!(named.len() == 1 && named[0].contains(&format!("t:{token}")), "{named:?}");
    install.call(OWNER, ShowToken { token: TokenRef::Id(TokenId(token)) }).unwrap();
    // A token with an unreadable name still has an id.
    for value in DAMAGES {
        damage(&install, "tokens", "name", value, &format!("id = {}", token - 1));
        let window = install.call(OWNER, denied(9)).unwrap();
        assert_eq!((window.rows.len(), window.unreadable.len()), (2, 1));
        let check = ListFindings { kind: FindingKind::DeadSecretTried, after: None, limit: 100 };
        let findings = call(&install.backend, &Credential::Store, check).unwrap().findings;
        let named: Vec<bool> = findings.iter().map(|finding| finding.token().name.is_some()).collect();
        assert_eq!(named, [false, true], "{findings:?}");
    }
}

/// Through the real program: exit 1, the good rows on stdout, the damaged one on stderr and in JSON.
#[test]
fn commands_name_damaged_rows() {
    let home = CliHome::set_up();
    for name in ["a", "b", "c"] {
        let secret = home.create(&[name]);
        assert_eq!(home.verify(&secret), 0);
        home.as_ops(&["token", "disable", name]).assert_success();
        assert_eq!(home.verify(&secret), 4);
    }
    home.run(&["account", "create", "bot", "--password-stdin"], "correct horse battery\nanother long password\n")
        .assert_success();
    home.as_ops(&["ledger", "uses", "--user", "ops"]).assert_success();
    let raw = rusqlite::Connection::open(home.store()).unwrap();
    raw.pragma_update(None, "ignore_check_constraints", true).unwrap();
    raw.execute_batch(
        "UPDATE tokens SET description = CAST(x'ff' AS TEXT) WHERE name = 'b';
         UPDATE accounts SET role = CAST(x'ff' AS TEXT) WHERE username = 'bot';
         UPDATE audit SET details = CAST(x'ff' AS TEXT) WHERE seq = 2;
         UPDATE denied_attempts SET reason = CAST(x'ff' AS TEXT) WHERE token_id = 2;
         UPDATE daily_uses SET client = CAST(x'ff' AS TEXT) WHERE token_id = 2;",
    )
    .unwrap();
    drop(raw);
    for (args, list, left, named) in [
        (&["token", "list"][..], "tokens", 2, "t:2"),
        (&["account", "list"], "accounts", 1, "2"),
        (&["audit"], "entries", 7, "2"),
        (&["ledger", "denied"], "denied", 2, "attempt 2"),
        (&["ledger", "uses"], "uses", 2, "t:2"),
    ] {
        let args: Vec<&str> = args.iter().copied().chain(["--user", "ops"]).collect();
        home.as_ops(&args).assert_code(1).assert_says(&[named]);
        let json: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
        let answer = home.as_ops(&json).assert_code(1).json();
        assert_eq!(answer[list].as_array().unwrap().len(), left, "{answer}");
        let unreadable = answer["unreadable"].as_array().unwrap();
        assert!(unreadable.len() == 1 && unreadable[0].as_str().unwrap().contains(named), "{answer}");
    }
    let whole = home.as_ops(&["token", "list", "--json", "--user", "ops", "--filter", "name-of-none"]).json();
    assert_eq!(whole["unreadable"], serde_json::json!([]));
}
