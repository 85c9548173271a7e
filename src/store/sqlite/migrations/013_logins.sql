-- Sign-ins from other machines. A login is valid only while its account has the credential version of its creation.
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
