-- Both end with the row's number: what happened to one thing, and from when on, is read in the order of the log.
CREATE INDEX audit_of_target ON audit (target);
CREATE INDEX audit_by_time   ON audit (at);
