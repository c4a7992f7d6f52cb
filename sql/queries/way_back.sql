-- Reads only: what two people decided on a transfer or repayment, and what the bank itself said of it.

-- name: decisions
-- What the gateway has acted on of one row, the latest first.
SELECT * FROM review_items
WHERE member_id = $1 AND $2 IN (transfer_id, repayment_id) AND acted_at IS NOT NULL AND resolution = ANY($3::text[])
ORDER BY acted_at DESC, id DESC;

-- name: about
-- The items that say that a decision was wrong, oldest first.
SELECT * FROM review_items
WHERE member_id = $1 AND kind = 'decision_wrong' AND details ->> 'item' = $2 ORDER BY raised_at, id;

-- name: answers
-- What the bank answered of one row; no bodies are kept.
SELECT operation, attempt, outcome, ended_at FROM bank_attempts
WHERE member_id = $1 AND $2 IN (transfer_id, repayment_id) ORDER BY ended_at, id;

-- name: lines
-- The lines of the bank's statements, of any day, under a reference.
SELECT day, bank_id, direction FROM statement_lines WHERE reference = $2 AND bank = $1 ORDER BY day, line_no;

-- name: doubted
-- Whether the bank named a day for it that was not believed.
SELECT 1 AS item FROM review_items
WHERE member_id = $1 AND $2 IN (transfer_id, repayment_id) AND kind = 'date_not_believed' LIMIT 1;
