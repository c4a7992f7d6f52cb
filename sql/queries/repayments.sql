-- name: accept
SELECT * FROM accept_repayment_once($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: record
SELECT * FROM record_repayment($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- name: find
SELECT * FROM repayments WHERE as_member($1) AND member_id = $1 AND id = $2;

-- name: by_key
SELECT k.fingerprint, r.* FROM idempotency_keys k
LEFT JOIN repayments r ON r.member_id = k.member_id AND r.id = k.resource_id
WHERE as_member($1) AND k.member_id = $1 AND k.key = $2;

-- name: by_quote
SELECT * FROM repayments WHERE as_member($1) AND member_id = $1 AND quote_id = $2 ORDER BY id LIMIT 1;

-- name: list
SELECT * FROM repayments WHERE as_member($1) AND member_id = $1 AND ($2::uuid IS NULL OR id < $2)
ORDER BY id DESC LIMIT $3;

-- name: by_reference
SELECT member_id, id FROM repayments WHERE reference = $1 AND bank = $2;

-- name: due_starts
SELECT * FROM repayments WHERE start_at <= $1 ORDER BY start_at LIMIT $2;

-- name: take_start
-- Whoever moves the instant starts it; it is started again when that process dies. The same reference is the same
-- order, so that a second start at the same time does no harm.
UPDATE repayments SET start_at = $4, starts = starts + 1
WHERE as_member($1) AND member_id = $1 AND id = $2 AND fence = $3 AND start_at = $5 AND state = 'created'
RETURNING starts;

-- name: due_inquiries
SELECT * FROM repayments WHERE inquire_at <= $1 ORDER BY inquire_at LIMIT $2;

-- name: take_inquiry
UPDATE repayments SET inquire_at = $4
WHERE as_member($1) AND member_id = $1 AND id = $2 AND state = $6 AND fence = $3 AND inquire_at = $5
RETURNING id;

-- name: hasten_inquiry
-- Only when to ask is changed; what the answer means is decided elsewhere.
UPDATE repayments SET inquire_at = least(coalesce(inquire_at, $3), $3)
WHERE as_member($1) AND member_id = $1 AND id = $2;

-- name: add_call
-- A call that nothing followed from; the others are written by the step that followed.
INSERT INTO bank_attempts (
    member_id, id, repayment_id, operation, attempt, started_at, ended_at, outcome, code,
    request_sha256, answer_sha256
)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 WHERE as_member($1)
ON CONFLICT (member_id, id) DO NOTHING;

-- name: postpone
-- A row that cannot be worked stands aside for a while, so that the others go on.
-- no state: the row was not readable, so none was read; only when to work on it is changed, and the fence raised.
UPDATE repayments SET fence = fence + 1,
    start_at = CASE WHEN start_at IS NOT NULL THEN $3::timestamptz END,
    inquire_at = CASE WHEN inquire_at IS NOT NULL THEN $3 END
WHERE as_member($1) AND member_id = $1 AND id = $2;

-- name: open_by_state
SELECT state, count(*) AS repayments FROM repayments
WHERE state IN ('created', 'authorizing') AND inquire_at IS NOT NULL GROUP BY state;
