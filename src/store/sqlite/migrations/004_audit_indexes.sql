-- Both indexes end with the row number, so that rows of one target, or from one time on, are read in the order of the
-- log.
CREATE INDEX audit_of_target ON audit (target);
CREATE INDEX audit_by_time   ON audit (at);
