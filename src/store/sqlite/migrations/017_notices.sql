-- The last notice of each kind about a token, so that each is sent once. about: the expiry, last use or last attempt in
-- question.
CREATE TABLE sent_notices (
    kind       TEXT    NOT NULL CHECK (kind IN ('expiring', 'stale', 'still-tried')),
    token_id   INTEGER NOT NULL,
    threshold  INTEGER NOT NULL,
    about      INTEGER NOT NULL,
    PRIMARY KEY (kind, token_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sent_notices_by_time ON sent_notices (kind, about);

-- The networks from which a token was used. Their number is limited for each token.
CREATE TABLE known_networks (
    token_id   INTEGER NOT NULL,
    network    TEXT    NOT NULL,
    first_day  INTEGER NOT NULL,
    PRIMARY KEY (token_id, network)
) STRICT, WITHOUT ROWID;

-- The day up to which the networks of the ledger are known.
CREATE TABLE known_networks_to (
    id   INTEGER PRIMARY KEY CHECK (id = 1),
    day  INTEGER NOT NULL
) STRICT;
