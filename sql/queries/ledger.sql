-- name: post_once
INSERT INTO postings (member_id, id, journal, debit, credit, amount, effective_on, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (member_id, id) DO NOTHING RETURNING id;

-- name: measure_settlement
SELECT balance, has_fallen FROM measure_settlement($1, $2, $3, $4);
