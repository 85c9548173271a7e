-- Columns and tables by which the token list is sorted and counted, so that no order and no count reads every token.
-- They are not maintained by triggers: jeton doesn't run triggers, because a manipulated store could contain others.
-- The code that writes tokens updates them.

-- The name of an account never changes. The API column is a short text. The public id is that of the current secret,
-- and empty before there is a secret. A token without expiry sorts after every other.
ALTER TABLE tokens ADD COLUMN username  TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN api       TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN public_id TEXT NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN until INTEGER AS (coalesce(expires_at, 9223372036854775807)) VIRTUAL;
-- A copy of the id. SQLite can seek among equal values by a column of an index, but not by the rowid.
ALTER TABLE tokens ADD COLUMN tie INTEGER AS (id) VIRTUAL;

UPDATE tokens SET
    username = (SELECT username FROM accounts WHERE id = account_id),
    public_id = coalesce((SELECT s.public_id FROM secrets s WHERE s.token_id = tokens.id AND s.state = 'current'), ''),
    api = CASE selection
        WHEN 'inherit' THEN 'Inherit'
        WHEN 'sets' THEN (SELECT CASE count(*) WHEN 1 THEN min(set_name) ELSE count(*) || ' sets' END
                          FROM token_sets WHERE token_id = tokens.id)
        ELSE (SELECT CASE count(*) WHEN 0 THEN 'nothing yet' WHEN 1 THEN '1 method' ELSE count(*) || ' methods' END
              FROM token_methods WHERE token_id = tokens.id)
    END;

-- One narrow row per token, which every use rewrites. 0 = never.
CREATE TABLE last_seen (
    token_id  INTEGER PRIMARY KEY REFERENCES tokens (id),
    trashed   INTEGER NOT NULL CHECK (trashed IN (0, 1)),
    at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO last_seen (token_id, trashed, at)
    SELECT id, deleted_at IS NOT NULL, coalesce((SELECT max(at) FROM last_uses WHERE token_id = tokens.id), 0)
    FROM tokens ORDER BY id;

-- Number of tokens of each account.
CREATE TABLE token_counts (
    account_id  INTEGER PRIMARY KEY REFERENCES accounts (id),
    kept        INTEGER NOT NULL CHECK (kept >= 0),
    trashed     INTEGER NOT NULL CHECK (trashed >= 0)
) STRICT;
INSERT INTO token_counts (account_id, kept, trashed)
    SELECT account_id, sum(deleted_at IS NULL), sum(deleted_at IS NOT NULL) FROM tokens GROUP BY account_id;

-- The next migration creates all indexes again.
DROP INDEX tokens_by_name;
DROP INDEX tokens_trashed_by_name;
DROP INDEX tokens_live_by_expiry;
