-- Methods may be public. The table is created again, because a CHECK can't be changed, and so are the tables that refer
-- to it.
CREATE TABLE methods_10 (
    id        TEXT    PRIMARY KEY,
    group_id  TEXT    NOT NULL REFERENCES method_groups (id),
    title     TEXT    NOT NULL,
    access    TEXT    NOT NULL CHECK (access IN ('public', 'read', 'write', 'admin')),
    docs      TEXT,
    position  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE method_routes_10 (
    method_id  TEXT    NOT NULL REFERENCES methods_10 (id),
    position   INTEGER NOT NULL,
    route      TEXT    NOT NULL,
    PRIMARY KEY (method_id, position)
) STRICT, WITHOUT ROWID;

INSERT INTO methods_10 (id, group_id, title, access, docs, position)
    SELECT id, group_id, title, access, docs, position FROM methods;
INSERT INTO method_routes_10 (method_id, position, route) SELECT method_id, position, route FROM method_routes;

DROP TABLE method_routes;
DROP TABLE methods;
ALTER TABLE methods_10 RENAME TO methods;
ALTER TABLE method_routes_10 RENAME TO method_routes;
