-- The secrets that a token got by regenerating another token. Like a row of lineage, a row stays after a purge while a
-- token that its token created exists.
CREATE TABLE regenerated (
    public_id  TEXT    PRIMARY KEY,
    token_id   INTEGER NOT NULL,
    made_by    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX regenerated_by_maker ON regenerated (made_by, token_id);
CREATE INDEX regenerated_of_token ON regenerated (token_id);
