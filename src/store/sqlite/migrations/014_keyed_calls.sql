-- Calls whose repetition must not make another change. The key is the caller's own; no secret is kept.
CREATE TABLE keyed_calls (
    account_id  INTEGER NOT NULL REFERENCES accounts (id),
    key         TEXT    NOT NULL,
    digest      BLOB    NOT NULL CHECK (length(digest) = 32),
    tokens      TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT, WITHOUT ROWID;
