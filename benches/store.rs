//! Measures the store with 100,000 tokens (or `JETON_BENCH_TOKENS`), created through the store's own ports. `cargo
//! bench` prints the figures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

#[path = "../tests/it/support/fakes.rs"]
#[allow(dead_code, reason = "a bench uses its own part of it")]
mod fakes;

use std::sync::LazyLock;

use divan::{Bencher, black_box};
use fakes::{OWNER, TestInstall, add_account, create, entry, tester, token_name};
use jeton::domain::account::AccountId;
use jeton::domain::api_selection::Selection;
use jeton::domain::expiry::Expiry;
use jeton::domain::name::{Description, Prefix};
use jeton::domain::query::filter_syntax::FilterFields;
use jeton::domain::query::sort::{Sort, SortColumn};
use jeton::domain::query::token_filter::TokenFilter;
use jeton::domain::role::Role;
use jeton::domain::secret::Secret;
use jeton::domain::time::DAY;
use jeton::domain::token::TokenId;
use jeton::verbs::audited::Audited;
use jeton::verbs::ports::{Entropy, NewToken, Store, TokenCursor, Visibility, WindowQuery};
use jeton::verbs::tokens::CountTokens;
use jeton::verbs::verify;

/// Number of the token whose secret is presented.
const MIDDLE: usize = 50_001;

fn tokens() -> usize {
    let wanted = std::env::var("JETON_BENCH_TOKENS").ok().and_then(|n| n.parse().ok());
    wanted.unwrap_or(100_000).max(MIDDLE + 1)
}

struct LargeInstall {
    install: TestInstall,
    owner: AccountId,
    /// Secret of the token in the middle.
    secret: String,
    middle: TokenId,
}

fn main() {
    LazyLock::force(&INSTALL);
    divan::main();
    // Statics aren't dropped, so remove the folder here.
    std::fs::remove_dir_all(INSTALL.install.temp_store.folder()).unwrap();
}

static INSTALL: LazyLock<LargeInstall> = LazyLock::new(|| {
    let install = TestInstall::new();
    install.set_policy(|p| p.active_tokens = 0);
    let (now, tokens) = (install.now(), tokens());
    let accounts: Vec<AccountId> = (0..tokens / 50)
        .map(|n| add_account(install.store(), &*install.fakes.hasher, &format!("team-{n:05}"), Role::Member, now).id)
        .collect();
    let prefix = Prefix::default();
    let (middle, secret) = install
        .store()
        .write(&tester(), &|| now, |tx, _| {
            let mut middle = None;
            for n in 0..tokens {
                let id = tx.insert_token(&NewToken {
                    account: accounts[n % accounts.len()],
                    name: &token_name(&format!("deploy-{:07}", n * 7_919 % tokens)),
                    description: &Description::parse(&format!("nightly job {n} of the north cluster"))?,
                    selection: &Selection::Inherit,
                    expiry: if n % 3 == 0 { Expiry::Never } else { Expiry::At(now.plus((n as i64 % 400 - 30) * DAY)) },
                    expected_unused: false,
                    now,
                })?;
                let secret = Secret::generate(&prefix, |b| install.fakes.entropy.fill(b))?;
                tx.set_secret(id, &secret, Role::Owner, now, None)?;
                // Every third token never expires, and 50,001 is one of these.
                if n == MIDDLE {
                    middle = Some((id, secret.expose(str::to_owned)));
                }
            }
            Ok(Audited::one(middle.unwrap(), entry("seed")))
        })
        .unwrap()
        .value;
    let owner = install.account_named(OWNER).id;
    LargeInstall { install, owner, secret, middle }
});

fn window(bencher: Bencher<'_, '_>, anchor: TokenCursor, filter: &str) {
    sorted_window(bencher, anchor, filter, Sort::default());
}

fn sorted_window(bencher: Bencher<'_, '_>, anchor: TokenCursor, filter: &str, sort: Sort) {
    let large = &*INSTALL;
    let query = WindowQuery {
        visibility: Visibility { own: large.owner, roles: Role::ALL.to_vec() },
        account: None,
        filter: TokenFilter::parse(filter),
        bounds: Default::default(),
        sort,
        trashed: false,
        now: large.install.now(),
        cursor: anchor,
        limit: 200,
    };
    bencher.bench_local(|| black_box(large.install.store().read(|s| s.window(&query)).unwrap()));
}

#[divan::bench]
fn window_start(bencher: Bencher<'_, '_>) {
    window(bencher, TokenCursor::Start, "");
}

#[divan::bench]
fn window_around_the_middle(bencher: Bencher<'_, '_>) {
    window(bencher, TokenCursor::Around(INSTALL.middle, None), "");
}

#[divan::bench]
fn scroll_around_the_middle(bencher: Bencher<'_, '_>) {
    window(bencher, TokenCursor::Around(INSTALL.middle, Some(tokens() as u64 / 2)), "");
}

#[divan::bench(args = SortColumn::ALL.map(SortColumn::as_str), sample_count = 20)]
fn first_page_by(bencher: Bencher<'_, '_>, column: &str) {
    let sort = Sort { column: SortColumn::parse(column).unwrap(), descending: false };
    sorted_window(bencher, TokenCursor::Start, "", sort);
}

#[divan::bench]
fn window_end(bencher: Bencher<'_, '_>) {
    window(bencher, TokenCursor::End, "");
}

#[divan::bench(sample_count = 20)]
fn filter_by_a_word(bencher: Bencher<'_, '_>) {
    window(bencher, TokenCursor::Start, "0042");
}

#[divan::bench(sample_count = 20)]
fn filter_by_a_word_that_is_nowhere(bencher: Bencher<'_, '_>) {
    window(bencher, TokenCursor::Start, "zebra");
}

#[divan::bench(sample_count = 20)]
fn filter_by_fields(bencher: Bencher<'_, '_>) {
    window(bencher, TokenCursor::Start, "status:expired account:team-0042");
}

#[divan::bench(sample_count = 20)]
fn tally(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| black_box(INSTALL.install.call(OWNER, CountTokens).unwrap()));
}

#[divan::bench]
fn verify_and_record(bencher: Bencher<'_, '_>) {
    let large = &*INSTALL;
    let from = verify::Origin { address: "192.0.2.1", client: "bench" };
    bencher.bench_local(|| {
        let decision = verify::verify(large.install.store(), &large.secret, None, large.install.now(), from).unwrap();
        assert!(matches!(black_box(decision), verify::Decision::Allowed(_)));
    });
}

#[divan::bench]
fn look_up_a_secret(bencher: Bencher<'_, '_>) {
    let large = &*INSTALL;
    let secret = Secret::parse(&large.secret).unwrap();
    bencher.bench_local(|| {
        large.install.store().read(|s| {
            let stored = s.secret(secret.public_id())?.unwrap();
            assert!(stored.digest.matches(&secret.digest()));
            s.token(black_box(stored.token))
        })
    });
}

#[divan::bench(sample_count = 50)]
fn create_a_token(bencher: Bencher<'_, '_>) {
    let mut n = 0;
    bencher.bench_local(|| {
        n += 1;
        INSTALL.install.call(OWNER, create(&format!("made-{n}"))).unwrap()
    });
}
