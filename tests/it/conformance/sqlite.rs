//! Runs the suite for jeton's SQLite engine.

use super::accounts::*;
use super::audit::*;
use super::ledger_windows::*;
use super::match_limit::*;
use super::token_windows::*;
use super::tokens::*;
use super::transactions::*;
use super::usage::*;
use super::{Engine, conforms};
use crate::support::fakes::TempStore;
use jeton::domain::audit::AuditRow;
use jeton::store::sqlite::SqliteStore;

struct Sqlite(TempStore);

impl Engine for Sqlite {
    type S = SqliteStore;
    fn fresh() -> Self {
        Sqlite(TempStore::new())
    }
    fn open(&self) -> SqliteStore {
        SqliteStore::open_or_create(&self.0.path()).unwrap()
    }
    fn audit(&self) -> Vec<AuditRow> {
        self.open().audit_log().unwrap()
    }
}

mod suite {
    use super::*;

    conforms!(Sqlite:
        an_empty_store_has_nothing,
        what_was_written_reads_back,
        an_update_replaces_everything_it_names,
        a_snapshot_sees_one_state,
        a_write_sees_itself_and_what_came_before,
        a_refused_change_leaves_nothing,
        every_change_is_audited,
        two_changes_of_one_token_conflict,
        names_are_unique_outside_the_trash,
        hidden_namesakes_hide_no_visible_one,
        usernames_are_given_once,
        a_token_has_one_current_secret,
        an_old_secret_is_kept_for_a_while,
        a_purge_takes_what_is_meant_and_leaves_tombstones,
        lineage_is_whole_though_makers_are_purged,
        active_tokens_end_at_the_instant,
        the_tally_counts_own_and_visible,
        uses_sum_up_by_day,
        uses_of_days_to_come_are_not_todays,
        a_use_from_a_clock_that_was_ahead_hides_no_later_one,
        denied_attempts_are_counted,
        large_batches_read_like_small_ones,
        the_ledger_keeps_so_many_callers_apart,
        ledger_rows_say_what_was_recorded,
        denied_windows_agree_with_a_model,
        use_windows_agree_with_a_model,
        a_usage_tells_days_methods_and_evidence,
        tries_earn_growing_waits,
        a_clock_set_back_locks_nobody_out,
        tries_are_forgotten_in_time_and_number,
        a_rehash_needs_the_same_credentials,
        an_account_changes_role_and_state,
        a_new_password_ends_what_was_proved,
        a_deleted_account_is_gone_but_for_its_name,
        enabled_owners_are_counted,
        tokens_are_counted_by_account,
        an_account_was_seen_when_its_tokens_were,
        a_catalogue_replaces_what_it_said_before,
        windows_agree_with_a_model,
        every_filter_and_page_border,
        audit_windows_agree_with_a_model,
        the_log_is_read_raw,
        every_order_is_walked_from_either_end,
        a_stale_position_hides_nothing,
        matches_are_counted_up_to_a_bound,
    );
}
