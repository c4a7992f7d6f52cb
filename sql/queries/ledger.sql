-- name: post_house
-- Postings of the house, all or none of them new: run again it writes nothing more. Returns those that are new.
INSERT INTO postings (member_id, id, journal, debit, credit, amount, effective_on, recorded_at, source)
SELECT $1, p.id, p.journal, p.debit, p.credit, p.amount, p.effective_on, $2, p.source
FROM jsonb_to_recordset($3) AS p (
    id uuid, journal uuid, debit text, credit text, amount bigint, effective_on date, source jsonb)
ON CONFLICT (member_id, id) DO NOTHING RETURNING id;

-- name: measure_settlement
SELECT balance, has_fallen FROM measure_settlement($1, $2, $3, $4);

-- name: charges
-- What a bank is to bill for a transfer or repayment, by day: raised, less what was taken back.
SELECT effective_on, sum(CASE WHEN debit = $3 THEN amount ELSE -amount END)::bigint AS amount
FROM postings WHERE as_member($1) AND member_id = $1 AND $2 IN (transfer_id, repayment_id) AND $3 IN (debit, credit)
GROUP BY effective_on HAVING sum(CASE WHEN debit = $3 THEN amount ELSE -amount END) > 0 ORDER BY effective_on;
