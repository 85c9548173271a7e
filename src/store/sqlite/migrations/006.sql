-- The id once more, as with tokens: a page of the list goes on from its very place within a minute.
ALTER TABLE denied_attempts ADD COLUMN tie INTEGER AS (id) VIRTUAL;
DROP INDEX denied_attempts_by_time;
CREATE INDEX denied_attempts_by_time ON denied_attempts (minute, tie);

-- The ledger names purged tokens, and an account reads what is kept of its own.
CREATE INDEX tombstones_of_token   ON tombstones (token_id);
CREATE INDEX tombstones_of_account ON tombstones (account_id, token_id);
