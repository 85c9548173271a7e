-- Failed sign-ins that are not in the audit log yet, added up by name and source. Account 0 = names without an account,
-- -1 = names and sources beyond the number that is counted separately.
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
