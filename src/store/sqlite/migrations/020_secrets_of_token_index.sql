-- Lists read what they need of a token's secrets from this index alone. The table is in the order of random identifiers, so
-- each row of a list would read pages of its own there.
DROP INDEX secrets_of_token;
CREATE INDEX secrets_of_token ON secrets (token_id, state, created_at, retires_at, issued_role);
