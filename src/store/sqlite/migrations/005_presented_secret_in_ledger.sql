-- Adds the presented secret, so that an old secret differs from the current one. Rows are numbered in the order of
-- insertion, so that the list is read along an index. A text is empty if it is unknown, or if the row adds up several
-- callers. The number of separate callers is limited.
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
) STRICT;
INSERT INTO denied_attempts (token_id, minute, reason, public_id, method, address, client, attempts, last_at)
    SELECT token_id, minute, reason, '', method, address, client, attempts, last_at
    FROM denials ORDER BY minute, last_at;
DROP TABLE denials;
CREATE UNIQUE INDEX denied_attempts_once ON denied_attempts
    (token_id, minute, reason, public_id, method, address, client);
CREATE INDEX denied_attempts_by_time ON denied_attempts (minute, id);

CREATE INDEX daily_uses_by_day ON daily_uses (day);
