-- Only indexes. A store that is filled at once builds them after all rows are inserted (open.rs). Equal values are
-- ordered by id.

CREATE INDEX tokens_by_name     ON tokens (name, tie)            WHERE deleted_at IS NULL;
CREATE INDEX tokens_by_status   ON tokens (enabled, until, tie)  WHERE deleted_at IS NULL;
CREATE INDEX tokens_by_account  ON tokens (username, name, tie)  WHERE deleted_at IS NULL;
CREATE INDEX tokens_by_api      ON tokens (api, tie)             WHERE deleted_at IS NULL;
CREATE INDEX tokens_by_expires  ON tokens (until, tie)           WHERE deleted_at IS NULL;
CREATE INDEX tokens_by_created  ON tokens (created_at, tie)      WHERE deleted_at IS NULL;
CREATE INDEX tokens_by_hint     ON tokens (public_id, tie)       WHERE deleted_at IS NULL;

CREATE INDEX tokens_trashed_by_name     ON tokens (name, tie)            WHERE deleted_at IS NOT NULL;
CREATE INDEX tokens_trashed_by_status   ON tokens (enabled, until, tie)  WHERE deleted_at IS NOT NULL;
CREATE INDEX tokens_trashed_by_account  ON tokens (username, name, tie)  WHERE deleted_at IS NOT NULL;
CREATE INDEX tokens_trashed_by_api      ON tokens (api, tie)             WHERE deleted_at IS NOT NULL;
CREATE INDEX tokens_trashed_by_expires  ON tokens (until, tie)           WHERE deleted_at IS NOT NULL;
CREATE INDEX tokens_trashed_by_created  ON tokens (created_at, tie)      WHERE deleted_at IS NOT NULL;
CREATE INDEX tokens_trashed_by_hint     ON tokens (public_id, tie)       WHERE deleted_at IS NOT NULL;
CREATE INDEX tokens_trashed_in_account  ON tokens (account_id)           WHERE deleted_at IS NOT NULL;

CREATE INDEX tokens_live_by_expiry ON tokens (expires_at, account_id)
    WHERE deleted_at IS NULL AND enabled = 1 AND expires_at IS NOT NULL;

CREATE INDEX last_seen_in_order ON last_seen (trashed, at, token_id);
