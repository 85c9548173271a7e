-- The hosts of an application, and whether a route is also one with a final slash. No host means any host.
ALTER TABLE catalogues ADD COLUMN trailing_slash TEXT NOT NULL DEFAULT 'strict'
    CHECK (trailing_slash IN ('strict', 'either'));

CREATE TABLE catalogue_hosts (
    catalogue  TEXT NOT NULL REFERENCES catalogues (name),
    host       TEXT NOT NULL,
    PRIMARY KEY (catalogue, host)
) STRICT, WITHOUT ROWID;
