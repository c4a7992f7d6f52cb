-- What became of a quote, and what a member may still pay on a bank's page: read whenever a wish is accepted. Ordinary
-- indexes: rows of before may share a quote. The functions that accept have new names, so that a version without these
-- rules goes on with its own during an update.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX transfers_quote ON transfers (member_id, quote_id) WHERE quote_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX repayments_quote ON repayments (member_id, quote_id) WHERE quote_id IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX repayments_payable ON repayments (member_id)
WHERE state IN ('created', 'authorizing') OR (state = 'cancelled' AND inquire_at IS NOT NULL);
