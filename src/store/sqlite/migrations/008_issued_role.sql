-- The role under which each secret was issued. A secret never permits more, even if its account is promoted. Existing
-- secrets get the present role of their account, because their issued role is unknown.
ALTER TABLE secrets ADD COLUMN issued_role TEXT NOT NULL DEFAULT 'viewer'
    CHECK (issued_role IN ('owner', 'admin', 'member', 'viewer'));
UPDATE secrets SET issued_role =
    (SELECT a.role FROM tokens t JOIN accounts a ON a.id = t.account_id WHERE t.id = secrets.token_id);

-- The token that created another token. The row of a purged maker stays while a token that it created exists, so that
-- the tree stays complete.
CREATE TABLE lineage (
    token_id  INTEGER PRIMARY KEY,
    made_by   INTEGER NOT NULL
) STRICT;
CREATE INDEX lineage_by_maker ON lineage (made_by, token_id);
