-- Batches of usage from a busy service. The next reader of the ledger moves them to the ledger's tables
-- (usage_journal.rs). Batches are split by token, so that a part is moved in a short transaction.
CREATE TABLE ledger_journal (
    id     INTEGER PRIMARY KEY,
    part   INTEGER NOT NULL,
    batch  TEXT    NOT NULL
) STRICT;
CREATE INDEX ledger_journal_by_part ON ledger_journal (part, id);
