-- The ledger names purged tokens, and an account reads what is kept of its own.
CREATE INDEX tombstones_of_token   ON tombstones (token_id);
CREATE INDEX tombstones_of_account ON tombstones (account_id, token_id);
