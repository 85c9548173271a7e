-- The e-mail address of those who look after an account's tokens.
ALTER TABLE accounts ADD COLUMN contact TEXT;
