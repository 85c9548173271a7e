-- Since when a token is expected to be unused, such as one for emergencies. NULL if its use is expected.
ALTER TABLE tokens ADD COLUMN expected_unused_since INTEGER;
CREATE INDEX tokens_expected_unused ON tokens (tie) WHERE expected_unused_since IS NOT NULL;
