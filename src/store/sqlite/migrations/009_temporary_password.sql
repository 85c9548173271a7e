-- 1 if another person set the password. For an existing password, the audit log shows who set it last.
ALTER TABLE accounts ADD COLUMN temporary_password INTEGER NOT NULL DEFAULT 0 CHECK (temporary_password IN (0, 1));
UPDATE accounts SET temporary_password = 1
WHERE deleted_at IS NULL AND 'a:' || id <> (
    SELECT account FROM audit WHERE target = 'a:' || accounts.id AND verb IN ('account.create', 'account.passwd')
    ORDER BY seq DESC LIMIT 1);
