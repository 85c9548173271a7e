-- The role that each secret was issued under: it never permits more, whatever its account becomes. Secrets that are there
-- already were issued under their account's role of today, as far as anybody knows.
ALTER TABLE secrets ADD COLUMN issued_role TEXT NOT NULL DEFAULT 'viewer'
    CHECK (issued_role IN ('owner', 'admin', 'member', 'viewer'));
UPDATE secrets SET issued_role =
    (SELECT a.role FROM tokens t JOIN accounts a ON a.id = t.account_id WHERE t.id = secrets.token_id);

-- Which token made which. A purged maker keeps its row while something it made is there, so that the tree stays whole.
CREATE TABLE lineage (
    token_id  INTEGER PRIMARY KEY,
    made_by   INTEGER NOT NULL
) STRICT;
CREATE INDEX lineage_by_maker ON lineage (made_by, token_id);
