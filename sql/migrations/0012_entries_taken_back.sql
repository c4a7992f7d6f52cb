-- breaking: a version that knows no withdrawals folds a loan's history with what was withdrawn.

-- An entry that was wrong is superseded by another, append-only: by a withdrawal, or by the same fact entered anew.
-- takes_back: the advance of a return, or the entry that this one supersedes.
-- squawk-ignore ban-drop-constraint
ALTER TABLE loan_entries DROP CONSTRAINT loan_entries_kind_check;
ALTER TABLE loan_entries ADD CONSTRAINT loan_entries_kind_check CHECK (
    kind IN ('advance', 'payment', 'surplus', 'return', 'fee', 'refund', 'withdrawal')
) NOT VALID;
-- squawk-ignore ban-drop-constraint
ALTER TABLE loan_entries DROP CONSTRAINT loan_entries_check;
ALTER TABLE loan_entries ADD CONSTRAINT loan_entries_check CHECK (
    kind NOT IN ('return', 'withdrawal') OR takes_back IS NOT NULL
) NOT VALID;

-- An operator names an entry by its id alone.
-- The migration has locked the table until this file is done; it would be no shorter with CONCURRENTLY.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX loan_entries_id ON loan_entries (id);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX loan_entries_takes_back ON loan_entries (member_id, takes_back) WHERE takes_back IS NOT NULL;
