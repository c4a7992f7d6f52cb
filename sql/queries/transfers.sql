-- name: accept
SELECT * FROM accept_transfer_once(
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23
);

-- name: claim
SELECT * FROM claim_transfer($1, $2, $3, $4, $5, $6, $7);

-- name: record
SELECT * FROM record_transfer($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: destination
-- Removed accounts too: a replay is answered whatever happened to the account since. With what holds the bank back,
-- now or later.
SELECT a.bank, a.type, a.removed_at IS NOT NULL AS is_removed, (
    SELECT jsonb_agg(jsonb_build_object(
        'id', s.id, 'bank', s.bank, 'reason', s.reason, 'held_by', s.held_by, 'held_at', s.held_at,
        'begins_at', s.begins_at, 'ends_at', s.ends_at) ORDER BY s.held_at)
    FROM bank_stops s
    WHERE s.released_at IS NULL AND s.bank IN (a.bank, '*') AND (s.ends_at IS NULL OR s.ends_at > $3)
) AS stops
FROM accounts a WHERE as_member($1) AND a.member_id = $1 AND a.id = $2;

-- name: by_key
SELECT k.fingerprint, t.* FROM idempotency_keys k
LEFT JOIN transfers t ON t.member_id = k.member_id AND t.id = k.resource_id
WHERE as_member($1) AND k.member_id = $1 AND k.key = $2;

-- name: by_quote
SELECT * FROM transfers WHERE as_member($1) AND member_id = $1 AND quote_id = $2 ORDER BY id LIMIT 1;

-- name: find
SELECT * FROM transfers WHERE as_member($1) AND member_id = $1 AND id = $2;

-- name: list
SELECT * FROM transfers WHERE as_member($1) AND member_id = $1 AND ($2::uuid IS NULL OR id < $2)
ORDER BY id DESC LIMIT $3;

-- name: due
-- One bank's, so that no other waits behind its queue, and in the order of acceptance: who was given back keeps the
-- place. Rows of stopped banks stay; the claim tests the stop again. ahead_s: how far away the bank's next slot is.
SELECT t.*, (SELECT extract(epoch FROM b.next_free - clock_timestamp())::double precision
    FROM bank_lanes b WHERE b.bank = $3 AND b.lane = 'money') AS ahead_s
FROM transfers t
WHERE t.state = 'scheduled' AND t.due_at <= $1 AND t.bank = $3 AND NOT EXISTS (
    SELECT 1 FROM bank_stops s WHERE s.released_at IS NULL AND s.bank IN ($3, '*')
        AND (s.ends_at IS NULL OR (s.begins_at <= greatest($1, s.held_at) AND $1 < s.ends_at)))
ORDER BY t.id LIMIT $2;

-- name: queue
-- How many wait at a bank for a later instant: its opening, mostly.
SELECT count_queue($1, $2) AS waiting;

-- name: waiting
-- What a change of the bank's stops may plan anew, in the order in which it will leave.
SELECT * FROM transfers
WHERE state = 'scheduled' AND bank = $1 AND (due_at, id) > ($2, $3) ORDER BY due_at, id LIMIT $4;

-- name: backlog
-- How many wait to be sent, counted to the limit only.
SELECT count_backlog($1, $2) AS waiting;

-- name: open_inquiries
-- While a sender holds a transfer, its own answer comes first.
SELECT * FROM transfers WHERE inquire_at <= $1 AND state <> 'submitting' ORDER BY inquire_at LIMIT $2;

-- name: take_inquiry
-- Whoever moves the instant asks; it is asked again when that process dies.
UPDATE transfers SET inquire_at = $4
WHERE as_member($1) AND member_id = $1 AND id = $2 AND state = $6 AND fence = $3 AND inquire_at = $5
RETURNING id;

-- name: lease_ended
SELECT * FROM transfers
WHERE state = 'submitting' AND lease_until < clock_timestamp() ORDER BY lease_until LIMIT $1;

-- name: left_by
-- What an instance held when it died; only for one that holds its own name's lock.
SELECT * FROM transfers WHERE state = 'submitting' AND lease_owner = $1;

-- name: by_reference
SELECT member_id, id, state FROM transfers WHERE reference = $1 AND bank = $2;

-- name: open_by_state
-- In three parts, each read off a partial index: no one index answers for either this or that.
SELECT state, count(*) AS transfers, min(unresolved_since) AS oldest FROM (
    SELECT state, unresolved_since FROM transfers WHERE state = 'scheduled'
    UNION ALL
    SELECT state, unresolved_since FROM transfers WHERE state = 'submitting'
    UNION ALL
    SELECT state, unresolved_since FROM transfers
    WHERE state IN ('submitted', 'unknown', 'review') AND inquire_at IS NOT NULL
) AS open_ones GROUP BY state;

-- name: add_call
-- A call that nothing followed from; the others are written by the step that followed.
INSERT INTO bank_attempts (
    member_id, id, transfer_id, operation, attempt, started_at, ended_at, outcome, code,
    request_sha256, answer_sha256
)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 WHERE as_member($1)
ON CONFLICT (member_id, id) DO NOTHING;

-- name: postpone
-- A row that cannot be worked stands aside for a while, so that the others go on.
UPDATE transfers SET crashes = crashes + 1, fence = fence + 1,
    due_at = CASE WHEN state = 'scheduled' THEN $3 ELSE due_at END,
    inquire_at = CASE WHEN inquire_at IS NULL THEN NULL ELSE $3 END
WHERE as_member($1) AND member_id = $1 AND id = $2 AND state <> 'submitting';
