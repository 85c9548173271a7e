//! Requirements for every implementation of the `Store` port. Uses only the port: a second engine implements [`Engine`]
//! and calls [`conforms`], as `sqlite.rs` does.

mod accounts;
mod audit;
mod denied_tokens;
mod ledger_windows;
mod match_limit;
mod matching_tokens;
pub mod memory;
mod notices;
mod planned_tokens;
pub mod reruns;
mod sqlite;
mod token_filter_model;
mod token_windows;
mod tokens;
mod transactions;
mod usage;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use jeton::domain::account::{Account, AccountId, CredentialVersion};
use jeton::domain::api_selection::Selection;
use jeton::domain::audit::{AuditActor, AuditEntry, AuditRow, Face};
use jeton::domain::catalogue::change::renames::Renames;
use jeton::domain::catalogue::{Catalogue, TrailingSlash};
use jeton::domain::contact::Contact;
use jeton::domain::expiry::{Expiry, Span};
use jeton::domain::method::MethodId;
use jeton::domain::name::{Description, Prefix};
use jeton::domain::password::PasswordHash;
use jeton::domain::policy::Policy;
use jeton::domain::query::filter_syntax::FilterFields;
use jeton::domain::query::sort::{Sort, SortColumn};
use jeton::domain::query::token_filter::TokenFilter;
use jeton::domain::role::Role;
use jeton::domain::secret::{PublicId, Secret};
use jeton::domain::time::{DAY, Timestamp};
use jeton::domain::token::{Purgeable, Revision, Token, TokenId};
use jeton::error::{Error, Kind, Result};
use jeton::verbs::audited::Audited;
use jeton::verbs::ports::{
    DataVersions as _, Denial, Entropy, Installation, LoginAttemptKey, MAX_KEYED_CALLS, Maintenance as _, NewAccount,
    NewToken, PurgeQuery, SecretState, Store, StoredCall, TokenCounts, TokenCursor, TokenState, Tx, Use, Visibility,
    Window, WindowQuery,
};

use crate::support::fakes::{Engine, START, SeededEntropy, audit_rows, entry, tester, token_name, username};

/// A set-up store: policy, catalogues, and an account per role, named after the role.
struct Fixture<E: Engine> {
    engine: E,
    store: E::S,
    entropy: SeededEntropy,
}

impl<E: Engine> Fixture<E> {
    fn new() -> Self {
        let engine = E::fresh();
        let store = engine.open();
        change(&store, |tx| {
            tx.set_installation(&Installation { prefix: Prefix::default(), created_at: START })?;
            tx.set_policy(&Policy::default())?;
            tx.set_catalogue(&Catalogue::shipped("jeton")?)?;
            tx.set_catalogue(&Catalogue::shipped("cloud-platform")?)?;
            for role in Role::ALL {
                add_account(tx, role.as_str(), role)?;
            }
            Ok(())
        })
        .unwrap();
        Fixture { engine, store, entropy: SeededEntropy::new(7) }
    }

    fn account(&self, name: &str) -> Account {
        self.store.read(|s| s.account_by_name(&username(name))).unwrap().unwrap()
    }

    fn secret(&self) -> Secret {
        Secret::generate(&Prefix::default(), |buffer| self.entropy.fill(buffer)).unwrap()
    }

    /// Creates a token with a secret.
    fn token(&self, account: &str, name: &str, expiry: Expiry) -> Token {
        let account = self.account(account).id;
        let secret = self.secret();
        change(&self.store, |tx| {
            let id = add_token(tx, account, name, expiry)?;
            tx.set_secret(id, &secret, Role::Owner, START, None)?;
            Ok(tx.token(id)?.unwrap())
        })
        .unwrap()
    }

    fn get(&self, id: TokenId) -> Token {
        self.store.read(|s| s.token(id)).unwrap().unwrap()
    }

    fn update(&self, token: &Token) -> Result<()> {
        change(&self.store, |tx| tx.update_token(token))
    }
}

fn change<T>(store: &impl Store, mut f: impl FnMut(&mut dyn Tx) -> Result<T>) -> Result<T> {
    store.write(&tester(), &|| START, |tx, _| f(tx).map(|out| Audited::one(out, entry("x")))).map(|done| done.value)
}

fn add_account(tx: &mut dyn Tx, name: &str, role: Role) -> Result<AccountId> {
    let password = PasswordHash("hash".to_owned());
    tx.insert_account(&NewAccount {
        username: &username(name),
        role,
        password: &password,
        temporary_password: false,
        contact: None,
        now: START,
    })
}

fn add_token(tx: &mut dyn Tx, account: AccountId, name: &str, expiry: Expiry) -> Result<TokenId> {
    tx.insert_token(&NewToken {
        account,
        name: &token_name(name),
        description: &Description::none(),
        selection: &Selection::nothing(),
        expiry,
        expected_unused: false,
        now: START,
    })
}

/// Every requirement.
mod suite {
    pub use super::accounts::*;
    pub use super::audit::*;
    pub use super::denied_tokens::*;
    pub use super::ledger_windows::*;
    pub use super::match_limit::*;
    pub use super::notices::*;
    pub use super::token_windows::*;
    pub use super::tokens::*;
    pub use super::transactions::*;
    pub use super::usage::*;
}

fn kind<T: std::fmt::Debug>(result: Result<T>) -> Kind {
    result.unwrap_err().kind
}

fn visibility(account: &Account) -> Visibility {
    let roles = Role::ALL.into_iter().filter(|r| account.role.manages(*r)).collect();
    Visibility { own: account.id, roles }
}

/// Defines a test per requirement, for one engine.
macro_rules! conforms {
    ($engine:ty) => {
        $crate::conformance::conforms! { $engine:
            an_empty_store_has_nothing,
            what_was_written_reads_back,
            an_update_replaces_everything_it_names,
            a_snapshot_sees_one_state,
            a_write_sees_itself_and_what_came_before,
            a_refused_change_leaves_nothing,
            two_writers_are_serialized,
            what_two_writers_read_still_holds_at_their_commits,
            two_writers_never_take_the_same_name,
            usage_and_changes_are_serialized,
            a_data_version_shows_commits_of_others,
            every_change_is_audited,
            two_changes_of_one_token_conflict,
            names_are_unique_outside_the_trash,
            hidden_namesakes_hide_no_visible_one,
            usernames_are_given_once,
            a_keyed_call_is_kept_for_its_account,
            a_token_has_one_current_secret,
            an_old_secret_is_kept_for_a_while,
            a_purge_takes_what_is_meant_and_leaves_tombstones,
            lineage_is_whole_though_makers_are_purged,
            active_tokens_end_at_the_instant,
            the_tally_counts_own_and_visible,
            every_token_is_in_one_figure,
            uses_sum_up_by_day,
            recent_uses_sum_up_by_method_and_caller,
            uses_of_days_to_come_are_not_todays,
            a_use_from_a_clock_that_was_ahead_hides_no_later_one,
            denied_attempts_are_counted,
            large_batches_read_like_small_ones,
            the_ledger_keeps_so_many_callers_apart,
            ledger_rows_say_what_was_recorded,
            denied_windows_agree_with_a_model,
            tokens_still_tried_are_found,
            sums_of_denied_attempts_agree_with_a_model,
            use_windows_agree_with_a_model,
            a_usage_tells_days_methods_and_evidence,
            notices_are_remembered_by_kind_and_token,
            networks_of_a_token_are_limited,
            used_addresses_are_read_in_pages,
            tries_earn_growing_waits,
            a_clock_set_back_locks_nobody_out,
            tries_are_forgotten_in_time_and_number,
            a_rehash_needs_the_same_credentials,
            an_account_changes_role_and_state,
            a_contact_is_set_and_removed,
            a_new_password_ends_what_was_proved,
            a_deleted_account_is_gone_but_for_its_name,
            enabled_owners_are_counted,
            tokens_are_counted_by_account,
            an_account_was_seen_when_its_tokens_were,
            a_catalogue_replaces_what_it_said_before,
            new_names_reach_every_selection,
            windows_agree_with_a_model,
            every_filter_and_page_border,
            audit_windows_agree_with_a_model,
            the_log_is_read_raw,
            every_order_is_walked_from_either_end,
            a_stale_position_hides_nothing,
            matches_are_counted_up_to_a_bound,
        }
    };
    ($engine:ty: $($check:ident),* $(,)?) => {
        mod suite {
            use super::*;
            $(#[test] fn $check() { $crate::conformance::suite::$check::<$engine>(); })*
        }
    };
}

pub(crate) use conforms;
