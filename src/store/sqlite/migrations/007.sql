-- What a busy service recorded in one piece, to be brought to the ledger's own tables by whoever reads them next
-- (journal.rs). Split by token, so that a part is brought there in a short transaction.
CREATE TABLE ledger_journal (
    id     INTEGER PRIMARY KEY,
    part   INTEGER NOT NULL,
    batch  TEXT    NOT NULL
) STRICT;
CREATE INDEX ledger_journal_by_part ON ledger_journal (part, id);
