-- breaking: a version that knows no stands_for folds a return twice that was entered anew.

-- A return names its advance in takes_back; stands_for is the entry in whose place it stands, when it was entered anew.
ALTER TABLE loan_entries ADD COLUMN stands_for uuid;

-- Almost nothing stands in it: reading whose place was taken costs a look into an empty index.
-- The migration has locked the table until this file is done; it would be no shorter with CONCURRENTLY.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX loan_entries_stands_for ON loan_entries (member_id, stands_for) WHERE stands_for IS NOT NULL;

-- The review item by which two people decided what the row says, until it moves on or is taken back; returned_by: the
-- one by which they said that the money came back.
ALTER TABLE transfers ADD COLUMN decided_by uuid;
ALTER TABLE transfers ADD COLUMN returned_by uuid;
ALTER TABLE repayments ADD COLUMN decided_by uuid;
