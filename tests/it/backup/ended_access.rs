//! Access that a backup would give back: what counts as ended since, and what doesn't.

use jeton::domain::expiry::{ExpirySpec, Span};
use jeton::domain::time::{DAY, Timestamp};
use jeton::domain::token::TokenRef;
use jeton::store::OpenMode;
use jeton::store::sqlite::SqliteStore;
use jeton::verbs::ports::Clock;
use jeton::verbs::restore::{EndedAccess, EndedWay};
use jeton::verbs::tokens::{EditToken, RegenerateToken, RetireToken, TokenTarget};

use super::copy_store;
use crate::support::fakes::{OWNER, TestInstall};

fn target(name: &str) -> TokenTarget {
    TokenTarget { reference: TokenRef::Text(name.to_owned()), expected_revision: None }
}

fn rotate(install: &TestInstall, name: &str, grace_days: Option<i64>) {
    let grace = grace_days.map(|days| Span::parse(&format!("{days}d")).unwrap());
    install.call(OWNER, RegenerateToken { token: target(name), grace, expires: None }).unwrap();
}

/// Returns the tokens whose access has ended at `now`, compared with the backup.
fn ended(install: &TestInstall, backup: &SqliteStore, now: Timestamp) -> Vec<(String, EndedWay)> {
    backup.attach_newer(&install.temp_store.path()).unwrap();
    let ended = backup.ended_since(now).unwrap();
    backup.detach_newer().unwrap();
    let tokens = ended.into_iter().map(|one| match one {
        EndedAccess::Token { name, way, .. } => (name, way),
        EndedAccess::Account { .. } => panic!("{one:?}"),
    });
    tokens.collect()
}

#[test]
fn secret_rotated_with_grace_counts_as_ended() {
    let install = TestInstall::new();
    for name in ["graceful", "stopped", "late", "overlapping", "retired", "twice", "same"] {
        install.issue(OWNER, name);
    }
    // Overlaps that were running when the backup was made.
    ["overlapping", "retired", "twice"].iter().for_each(|name| rotate(&install, name, Some(20)));
    let backup = SqliteStore::open(&copy_store(&install, "backup.db"), OpenMode::Existing).unwrap();
    assert_eq!(ended(&install, &backup, install.fakes.clock.now()), []);

    rotate(&install, "graceful", Some(10));
    rotate(&install, "stopped", None);
    install.call(OWNER, RetireToken { token: target("retired") }).unwrap();
    rotate(&install, "twice", None);
    let earlier = ExpirySpec::parse("2d").unwrap();
    let late = EditToken { expires: Some(earlier), ..EditToken::new(target("late")) };
    install.call(OWNER, late).unwrap();

    let name = |name: &str, way| (format!("{OWNER}/{name}"), way);
    let now = install.fakes.clock.now();
    let mut expected = vec![
        name("graceful", EndedWay::Replaced),
        name("stopped", EndedWay::Replaced),
        name("retired", EndedWay::Retired),
        name("twice", EndedWay::Replaced),
    ];
    // While the overlap runs, the old secret works: but the backup would let it work for ever.
    assert_eq!(ended(&install, &backup, now), expected);
    // The overlaps are over, and `late` has expired.
    expected.insert(2, name("late", EndedWay::Expired));
    assert_eq!(ended(&install, &backup, Timestamp(now.0 + 12 * DAY)), expected);
    // Here, the overlap of `retired` would be over too.
    expected.retain(|(_, way)| *way != EndedWay::Retired);
    assert_eq!(ended(&install, &backup, Timestamp(now.0 + 25 * DAY)), expected);
}
