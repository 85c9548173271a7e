-- The denied attempts are summed up by token along this index alone.
CREATE INDEX denied_attempts_by_token ON denied_attempts (token_id, minute, reason, attempts, last_at);
