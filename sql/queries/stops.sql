-- name: hold
-- With the operator's act on record, in one statement. Holding twice for one reason is holding once.
WITH held AS (
    INSERT INTO bank_stops (id, bank, reason, held_by, held_at, begins_at, ends_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT DO NOTHING RETURNING id
), audited AS (
    INSERT INTO operator_actions (id, at, operator, action, details)
    SELECT
        h.id, $5, $4, CASE WHEN $7::timestamptz IS NULL THEN 'hold' ELSE 'window_add' END,
        jsonb_build_object('bank', $2::text, 'reason', $3::text, 'begins_at', $6::timestamptz, 'ends_at', $7)
    FROM held AS h
)
SELECT id FROM held;

-- name: hold_ourselves
-- The gateway's own hold, by whatever call met trouble: nobody's act.
INSERT INTO bank_stops (id, bank, reason, held_by, held_at, begins_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING RETURNING id;

-- name: known
SELECT id, bank, reason, held_by, held_at, begins_at, ends_at FROM bank_stops
WHERE released_at IS NULL AND (ends_at IS NULL OR ends_at > $1) ORDER BY held_at, id;

-- name: changed
-- What was written or lifted since what is scheduled was planned.
SELECT id, bank, reason, held_by, held_at, begins_at, ends_at FROM bank_stops
WHERE ends_at IS NOT NULL
    AND (replanned_at IS NULL OR replanned_at < coalesce(released_at, held_at) + make_interval(secs => $1))
ORDER BY held_at, id;

-- name: replanned
UPDATE bank_stops SET replanned_at = $2 WHERE id = $1;

-- name: binding
-- What stops pay-outs ($3) or collections at a bank at this moment; a window that had begun when it was written binds
-- from its commit. An account that is short stops pay-outs only.
SELECT id FROM bank_stops
WHERE released_at IS NULL AND bank IN ($1, '*')
    AND (ends_at IS NULL OR (begins_at <= greatest($2, held_at) AND $2 < ends_at))
    AND ($3::boolean OR ends_at IS NOT NULL OR reason <> 'settlement_balance_short')
LIMIT 1;
