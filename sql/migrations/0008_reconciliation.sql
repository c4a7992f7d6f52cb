-- What a confirmed resolution needs: the particulars that were proposed (an instant, a date, a member), and when to act
-- on it, until it was acted on.
ALTER TABLE review_items ADD COLUMN particulars jsonb NOT NULL DEFAULT '{}';
ALTER TABLE review_items ADD COLUMN act_at timestamptz;
ALTER TABLE review_items ADD COLUMN acted_at timestamptz;

-- The tables are new: nothing waits for these indexes.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX review_items_acts ON review_items (act_at) WHERE act_at IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX review_items_id ON review_items (id);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX review_items_reference ON review_items (reference) WHERE reference IS NOT NULL;
-- What we booked at a bank on a day.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX loan_entries_house ON loan_entries (house, effective_on);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX statement_lines_reference ON statement_lines (reference) WHERE reference IS NOT NULL;
