PRAGMA application_id = 1785033838;
PRAGMA journal_mode = WAL;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE installation (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    prefix      TEXT    NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;
INSERT INTO installation VALUES(1,'jtn',1795945430744);
CREATE TABLE policy (
    key    TEXT PRIMARY KEY,
    value  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO policy VALUES('policy.active_tokens','10');
INSERT INTO policy VALUES('policy.default_expiry','90d');
INSERT INTO policy VALUES('policy.kept_tokens','1000');
INSERT INTO policy VALUES('policy.ledger_keep','90d');
INSERT INTO policy VALUES('policy.max_expiry','none');
INSERT INTO policy VALUES('policy.self_service','on');
INSERT INTO policy VALUES('policy.trash','30d');
CREATE TABLE accounts (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    username            TEXT    NOT NULL UNIQUE,
    role                TEXT    NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    enabled             INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    password_hash       TEXT    NOT NULL,
    credential_version  INTEGER NOT NULL,
    created_at          INTEGER NOT NULL,
    deleted_at          INTEGER
, temporary_password INTEGER NOT NULL DEFAULT 0 CHECK (temporary_password IN (0, 1))) STRICT;
INSERT INTO accounts VALUES(1,'ops','owner',1,'nfc$argon2id$v=19$m=65536,t=3,p=1$Fk8DL8tLnaqM+0iv0gUEIg$icm4o0U8m7hJg43e6dqqg00udEPRcCbpe4KV10IGmr4',1,1795945430744,NULL,0);
CREATE TABLE sign_in_tries (
    key      BLOB    PRIMARY KEY,
    failures INTEGER NOT NULL,
    last_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
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
, username  TEXT NOT NULL DEFAULT '', api       TEXT NOT NULL DEFAULT '', public_id TEXT NOT NULL DEFAULT '', until INTEGER AS (coalesce(expires_at, 9223372036854775807)) VIRTUAL, tie INTEGER AS (id) VIRTUAL) STRICT;
INSERT INTO tokens VALUES(1,1,'browser','','api',1,'custom',1795945432262,NULL,NULL,1,'ops','1 method','j4u000Sp');
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
INSERT INTO token_methods VALUES(1,'orders.List');
CREATE TABLE secrets (
    public_id   TEXT    PRIMARY KEY,
    digest      BLOB    NOT NULL CHECK (length(digest) = 32),
    token_id    INTEGER NOT NULL REFERENCES tokens (id),
    state       TEXT    NOT NULL CHECK (state IN ('current', 'previous', 'dead')),
    created_at  INTEGER NOT NULL,
    retires_at  INTEGER, issued_role TEXT NOT NULL DEFAULT 'viewer'
    CHECK (issued_role IN ('owner', 'admin', 'member', 'viewer')),
    CHECK ((state = 'previous') = (retires_at IS NOT NULL))
) STRICT, WITHOUT ROWID;
INSERT INTO secrets VALUES('j4u000Sp',X'5da6266cd1c32c17cfc2270ccf149df4b0687e3498387e0846c0fac017319599',1,'current',1795945432262,NULL,'owner');
CREATE TABLE tombstones (
    public_id    TEXT    PRIMARY KEY,
    digest       BLOB    NOT NULL CHECK (length(digest) = 32),
    token_id     INTEGER NOT NULL,
    token_name   TEXT    NOT NULL,
    account_id   INTEGER NOT NULL,
    purged_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE last_uses (
    public_id  TEXT    PRIMARY KEY,
    token_id   INTEGER NOT NULL,
    at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
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
CREATE TABLE catalogues (
    name      TEXT    PRIMARY KEY,
    title     TEXT    NOT NULL,
    position  INTEGER NOT NULL
, trailing_slash TEXT NOT NULL DEFAULT 'strict'
    CHECK (trailing_slash IN ('strict', 'either'))) STRICT, WITHOUT ROWID;
INSERT INTO catalogues VALUES('jeton','jeton management',0,'strict');
INSERT INTO catalogues VALUES('shop','The shop''s API',1,'strict');
CREATE TABLE method_groups (
    id         TEXT    PRIMARY KEY,
    catalogue  TEXT    NOT NULL REFERENCES catalogues (name),
    title      TEXT    NOT NULL,
    position   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO method_groups VALUES('jeton','jeton','Introspection',5);
INSERT INTO method_groups VALUES('jeton.accounts','jeton','Accounts',1);
INSERT INTO method_groups VALUES('jeton.audit','jeton','Audit log',2);
INSERT INTO method_groups VALUES('jeton.catalogue','jeton','Catalogue',4);
INSERT INTO method_groups VALUES('jeton.ledger','jeton','Ledger',3);
INSERT INTO method_groups VALUES('jeton.tokens','jeton','Tokens',0);
INSERT INTO method_groups VALUES('orders','shop','Orders',0);
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
INSERT INTO audit VALUES(1,1795945430744,'','','store','cli','init','a:1','ops','{"catalogue":"jeton","prefix":"jtn","role":"owner","self_service":true}',X'a26356078cffa890c767c9b1ea525d4e4f77c10e45808ec17a992518b5187d16');
INSERT INTO audit VALUES(2,1795945431777,'a:1','ops','password','cli','catalogue.apply','shop','shop','{"groups_added":1,"groups_changed":0,"groups_removed":0,"methods_added":2,"methods_changed":0,"methods_removed":0,"sets_added":0,"sets_changed":0,"sets_removed":0,"widened":0,"widened_tokens":[]}',X'a682ac0c8db07d8faf931d99c51a4659e093a5ecf6a689421c3d6ec59542e00f');
INSERT INTO audit VALUES(3,1795945432275,'a:1','ops','password','cli','token.create','t:1','ops/browser','{"api":{"methods":["orders.List"]},"description":"","expires":null,"secret":"jtn_j4u000Sp"}',X'2473564aad8f406a478bb030c973c7566424e14b747092b66a062a598ccbb582');
CREATE TABLE last_seen (
    token_id  INTEGER PRIMARY KEY REFERENCES tokens (id),
    trashed   INTEGER NOT NULL CHECK (trashed IN (0, 1)),
    at        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO last_seen VALUES(1,0,0);
CREATE TABLE token_counts (
    account_id  INTEGER PRIMARY KEY REFERENCES accounts (id),
    kept        INTEGER NOT NULL CHECK (kept >= 0),
    trashed     INTEGER NOT NULL CHECK (trashed >= 0)
) STRICT;
INSERT INTO token_counts VALUES(1,1,0);
CREATE TABLE denied_attempts (
    id         INTEGER PRIMARY KEY,
    token_id   INTEGER NOT NULL,
    minute     INTEGER NOT NULL,
    reason     TEXT    NOT NULL,
    public_id  TEXT    NOT NULL,
    method     TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    client     TEXT    NOT NULL,
    attempts   INTEGER NOT NULL,
    last_at    INTEGER NOT NULL
, tie INTEGER AS (id) VIRTUAL) STRICT;
CREATE TABLE ledger_journal (
    id     INTEGER PRIMARY KEY,
    part   INTEGER NOT NULL,
    batch  TEXT    NOT NULL
) STRICT;
CREATE TABLE lineage (
    token_id  INTEGER PRIMARY KEY,
    made_by   INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS "methods" (
    id        TEXT    PRIMARY KEY,
    group_id  TEXT    NOT NULL REFERENCES method_groups (id),
    title     TEXT    NOT NULL,
    access    TEXT    NOT NULL CHECK (access IN ('public', 'read', 'write', 'admin')),
    docs      TEXT,
    position  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO methods VALUES('jeton.accounts.read','jeton.accounts','Lists and shows accounts','admin',NULL,0);
INSERT INTO methods VALUES('jeton.accounts.write','jeton.accounts','Changes accounts','admin',NULL,1);
INSERT INTO methods VALUES('jeton.audit.read','jeton.audit','Reads the audit log','admin',NULL,0);
INSERT INTO methods VALUES('jeton.catalogue.read','jeton.catalogue','Reads the catalogue','admin',NULL,0);
INSERT INTO methods VALUES('jeton.introspect','jeton','Asks about other tokens (RFC 7662)','admin',NULL,0);
INSERT INTO methods VALUES('jeton.ledger.read','jeton.ledger','Reads uses and denied attempts','admin',NULL,0);
INSERT INTO methods VALUES('jeton.tokens.read','jeton.tokens','Lists and shows the tokens of the token''s own account','read',NULL,0);
INSERT INTO methods VALUES('jeton.tokens.read-all','jeton.tokens','Lists and shows the tokens of all accounts','admin',NULL,2);
INSERT INTO methods VALUES('jeton.tokens.write','jeton.tokens','Changes the tokens of the token''s own account','write',NULL,1);
INSERT INTO methods VALUES('jeton.tokens.write-all','jeton.tokens','Changes the tokens of all accounts','admin',NULL,3);
INSERT INTO methods VALUES('orders.Cancel','orders','Cancel an order','write',NULL,1);
INSERT INTO methods VALUES('orders.List','orders','List orders','read',NULL,0);
CREATE TABLE IF NOT EXISTS "method_routes" (
    method_id  TEXT    NOT NULL REFERENCES "methods" (id),
    position   INTEGER NOT NULL,
    route      TEXT    NOT NULL,
    PRIMARY KEY (method_id, position)
) STRICT, WITHOUT ROWID;
INSERT INTO method_routes VALUES('orders.Cancel',0,'POST /orders/{id}/cancel');
INSERT INTO method_routes VALUES('orders.List',0,'GET /orders');
CREATE TABLE failed_sign_ins (
    account_id  INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    face        TEXT    NOT NULL,
    tries       INTEGER NOT NULL CHECK (tries >= 0),
    first_at    INTEGER NOT NULL,
    last_at     INTEGER NOT NULL,
    written_at  INTEGER,
    PRIMARY KEY (account_id, source)
) STRICT, WITHOUT ROWID;
CREATE TABLE regenerated (
    public_id  TEXT    PRIMARY KEY,
    token_id   INTEGER NOT NULL,
    made_by    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE logins (
    public_id           TEXT    PRIMARY KEY,
    digest              BLOB    NOT NULL CHECK (length(digest) = 32),
    account_id          INTEGER NOT NULL REFERENCES accounts (id),
    name                TEXT    NOT NULL,
    credential_version  INTEGER NOT NULL,
    created_at          INTEGER NOT NULL,
    expires_at          INTEGER NOT NULL,
    UNIQUE (account_id, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE keyed_calls (
    account_id  INTEGER NOT NULL REFERENCES accounts (id),
    key         TEXT    NOT NULL,
    digest      BLOB    NOT NULL CHECK (length(digest) = 32),
    tokens      TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE catalogue_hosts (
    catalogue  TEXT NOT NULL REFERENCES catalogues (name),
    host       TEXT NOT NULL,
    PRIMARY KEY (catalogue, host)
) STRICT, WITHOUT ROWID;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('accounts',1);
INSERT INTO sqlite_sequence VALUES('tokens',1);
CREATE INDEX sign_in_tries_by_age ON sign_in_tries (last_at);
CREATE UNIQUE INDEX tokens_name_in_account ON tokens (account_id, name) WHERE deleted_at IS NULL;
CREATE INDEX tokens_live_of_account ON tokens (account_id, expires_at)
    WHERE deleted_at IS NULL AND enabled = 1;
CREATE UNIQUE INDEX secrets_current  ON secrets (token_id) WHERE state = 'current';
CREATE UNIQUE INDEX secrets_previous ON secrets (token_id) WHERE state = 'previous';
CREATE INDEX secrets_of_token ON secrets (token_id);
CREATE INDEX last_uses_of_token ON last_uses (token_id, at);
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
CREATE INDEX audit_of_target ON audit (target);
CREATE INDEX audit_by_time   ON audit (at);
CREATE UNIQUE INDEX denied_attempts_once ON denied_attempts
    (token_id, minute, reason, public_id, method, address, client);
CREATE INDEX daily_uses_by_day ON daily_uses (day);
CREATE INDEX denied_attempts_by_time ON denied_attempts (minute, tie);
CREATE INDEX tombstones_of_token   ON tombstones (token_id);
CREATE INDEX tombstones_of_account ON tombstones (account_id, token_id);
CREATE INDEX ledger_journal_by_part ON ledger_journal (part, id);
CREATE INDEX lineage_by_maker ON lineage (made_by, token_id);
CREATE INDEX regenerated_by_maker ON regenerated (made_by, token_id);
CREATE INDEX regenerated_of_token ON regenerated (token_id);
COMMIT;
PRAGMA user_version = 15;
