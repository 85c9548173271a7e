-- Times are milliseconds since 1970-01-01T00:00:00Z. A column that is part of a key is empty instead of NULL if there
-- is no value.

CREATE TABLE installation (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    prefix      TEXT    NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;

CREATE TABLE policy (
    key    TEXT PRIMARY KEY,
    value  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A deleted account keeps its row, so that its name is never given to another account.
CREATE TABLE accounts (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    username            TEXT    NOT NULL UNIQUE,
    role                TEXT    NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    enabled             INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    password_hash       TEXT    NOT NULL,
    credential_version  INTEGER NOT NULL,
    created_at          INTEGER NOT NULL,
    deleted_at          INTEGER
) STRICT;

CREATE TABLE sign_in_tries (
    key      BLOB    PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_tries_by_age ON sign_in_tries (last_at);

CREATE TABLE tokens (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id   INTEGER NOT NULL REFERENCES accounts (id),
    name         TEXT    NOT NULL,
    description  TEXT    NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('api', 'login')),
    enabled      INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    selection    TEXT    NOT NULL CHECK (selection IN ('sets', 'custom', 'inherit')),
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    deleted_at   INTEGER,
    revision     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX tokens_name_in_account ON tokens (account_id, name) WHERE deleted_at IS NULL;
CREATE INDEX tokens_by_name ON tokens (name, id) WHERE deleted_at IS NULL;
CREATE INDEX tokens_trashed_by_name ON tokens (name, id) WHERE deleted_at IS NOT NULL;
CREATE INDEX tokens_live_of_account ON tokens (account_id, expires_at)
    WHERE deleted_at IS NULL AND enabled = 1;
CREATE INDEX tokens_live_by_expiry ON tokens (expires_at, account_id)
    WHERE deleted_at IS NULL AND enabled = 1 AND expires_at IS NOT NULL;

CREATE TABLE token_sets (
    token_id  INTEGER NOT NULL REFERENCES tokens (id),
    set_name  TEXT    NOT NULL,
    PRIMARY KEY (token_id, set_name)
) STRICT, WITHOUT ROWID;

CREATE TABLE token_methods (
    token_id   INTEGER NOT NULL REFERENCES tokens (id),
    method_id  TEXT    NOT NULL,
    PRIMARY KEY (token_id, method_id)
) STRICT, WITHOUT ROWID;

-- Only digests of secrets. The row of a dead secret stays, so that the ledger can still name the secret.
CREATE TABLE secrets (
    public_id   TEXT    PRIMARY KEY,
    digest      BLOB    NOT NULL CHECK (length(digest) = 32),
    token_id    INTEGER NOT NULL REFERENCES tokens (id),
    state       TEXT    NOT NULL CHECK (state IN ('current', 'previous', 'dead')),
    created_at  INTEGER NOT NULL,
    retires_at  INTEGER,
    CHECK ((state = 'previous') = (retires_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX secrets_current  ON secrets (token_id) WHERE state = 'current';
CREATE UNIQUE INDEX secrets_previous ON secrets (token_id) WHERE state = 'previous';
CREATE INDEX secrets_of_token ON secrets (token_id);

-- The remains of secrets whose token was purged.
CREATE TABLE tombstones (
    public_id    TEXT    PRIMARY KEY,
    digest       BLOB    NOT NULL CHECK (length(digest) = 32),
    token_id     INTEGER NOT NULL,
    token_name   TEXT    NOT NULL,
    account_id   INTEGER NOT NULL,
    purged_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The ledger. Separate narrow tables, so that a use never rewrites a token's row.
CREATE TABLE last_uses (
    public_id  TEXT    PRIMARY KEY,
    token_id   INTEGER NOT NULL,
    at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX last_uses_of_token ON last_uses (token_id, at);

CREATE TABLE daily_uses (
    token_id   INTEGER NOT NULL,
    day        INTEGER NOT NULL,
    public_id  TEXT    NOT NULL,
    method     TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    client     TEXT    NOT NULL,
    uses       INTEGER NOT NULL,
    PRIMARY KEY (token_id, day, public_id, method, address, client)
) STRICT, WITHOUT ROWID;

-- One row per minute and kind of attempt. Token 0 = unknown token.
CREATE TABLE denials (
    token_id   INTEGER NOT NULL,
    minute     INTEGER NOT NULL,
    reason     TEXT    NOT NULL,
    method     TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    client     TEXT    NOT NULL,
    attempts   INTEGER NOT NULL,
    last_at    INTEGER NOT NULL,
    PRIMARY KEY (token_id, minute, reason, method, address, client)
) STRICT, WITHOUT ROWID;

CREATE TABLE catalogues (
    name      TEXT    PRIMARY KEY,
    title     TEXT    NOT NULL,
    position  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE method_groups (
    id         TEXT    PRIMARY KEY,
    catalogue  TEXT    NOT NULL REFERENCES catalogues (name),
    title      TEXT    NOT NULL,
    position   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE methods (
    id        TEXT    PRIMARY KEY,
    group_id  TEXT    NOT NULL REFERENCES method_groups (id),
    title     TEXT    NOT NULL,
    access    TEXT    NOT NULL CHECK (access IN ('read', 'write', 'admin')),
    docs      TEXT,
    position  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE method_routes (
    method_id  TEXT    NOT NULL REFERENCES methods (id),
    position   INTEGER NOT NULL,
    route      TEXT    NOT NULL,
    PRIMARY KEY (method_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_sets (
    name       TEXT    PRIMARY KEY,
    catalogue  TEXT    NOT NULL REFERENCES catalogues (name),
    title      TEXT    NOT NULL,
    position   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE api_set_patterns (
    set_name  TEXT    NOT NULL REFERENCES api_sets (name),
    position  INTEGER NOT NULL,
    side      TEXT    NOT NULL CHECK (side IN ('include', 'exclude')),
    pattern   TEXT    NOT NULL,
    PRIMARY KEY (set_name, position)
) STRICT, WITHOUT ROWID;

-- A hash chain: each hash covers the previous hash and the row's own fields.
CREATE TABLE audit (
    seq          INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    account      TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    proof        TEXT    NOT NULL,
    face         TEXT    NOT NULL,
    verb         TEXT    NOT NULL,
    target       TEXT    NOT NULL,
    target_name  TEXT    NOT NULL,
    details      TEXT    NOT NULL,
    hash         BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;
