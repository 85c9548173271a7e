-- A copy of the id, as in tokens. A page of the list continues from an exact row within a minute.
ALTER TABLE denied_attempts ADD COLUMN tie INTEGER AS (id) VIRTUAL;
DROP INDEX denied_attempts_by_time;
CREATE INDEX denied_attempts_by_time ON denied_attempts (minute, tie);

-- The ledger names purged tokens, and an account can read the ledger of its own purged tokens.
CREATE INDEX tombstones_of_token   ON tombstones (token_id);
CREATE INDEX tombstones_of_account ON tombstones (account_id, token_id);
