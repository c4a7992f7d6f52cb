-- What reconciling one day reads, found without reading a member's or the house's history.
-- Each build holds back writers of its table. On a large database build the five with CREATE INDEX CONCURRENTLY under
-- the same names first: this file then finds them there.

-- What the ledger moved for one entry of a loan.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX IF NOT EXISTS postings_journal ON postings (member_id, journal);
-- What the house moved on a day: few rows among many.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX IF NOT EXISTS postings_house ON postings (effective_on)
WHERE member_id = '00000000-0000-0000-0000-000000000000';
-- What came of one transfer or repayment.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX IF NOT EXISTS loan_entries_source ON loan_entries (member_id, source_id) WHERE source_id IS NOT NULL;
-- A bank's day page by page, in the order in which it is matched.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX IF NOT EXISTS loan_entries_day ON loan_entries (house, effective_on, at, id);
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX loan_entries_house;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX IF NOT EXISTS review_items_day ON review_items (bank, booked_on);
