-- name: raise
-- Raised once for its key; the ids of those that are new.
INSERT INTO review_items (
    member_id, id, key, kind, bank, booked_on, reference, amount, transfer_id, repayment_id, details, raised_at)
SELECT $1, r.id, r.key, r.kind, r.bank, r.booked_on, r.reference, r.amount, $2, $3, r.details, $4
FROM jsonb_to_recordset($5) AS r (
    id uuid, key text, kind text, bank text, booked_on date, reference text, amount bigint, details jsonb)
ON CONFLICT (member_id, key) DO NOTHING RETURNING id;

-- name: by_id
SELECT * FROM review_items WHERE id = $1;

-- name: list
-- Oldest first.
SELECT * FROM review_items
WHERE state = ANY($1::text[]) AND ($2::text IS NULL OR bank = $2) AND ($3::text IS NULL OR kind = $3)
    AND ($5::uuid IS NULL OR (raised_at, id) > (SELECT r.raised_at, r.id FROM review_items AS r WHERE r.id = $5))
ORDER BY raised_at, id LIMIT $4;

-- name: open_by_kind
SELECT kind, count(*) AS items FROM review_items WHERE state <> 'closed' GROUP BY kind;

-- name: count_waiting
-- About a bank's day, or of these keys: what is seen from two days stands under the first.
SELECT count(*) AS items FROM review_items
WHERE state <> 'closed' AND bank = $1 AND (booked_on = $2 OR key = ANY($3::text[]));

-- name: propose
-- With the operator's act on record, in one statement. A proposal may be replaced, as long as nobody has confirmed it.
WITH proposed AS (
    UPDATE review_items SET state = 'proposed', fence = fence + 1, resolution = $4, note = $5, particulars = $6,
        proposed_by = $7, proposed_at = $8
    WHERE member_id = $1 AND id = $2 AND fence = $3 AND state <> 'closed'
    RETURNING *
), audited AS (
    INSERT INTO operator_actions (id, at, operator, action, member_id, details)
    SELECT $9, $8, $7, 'resolution_propose', $1, jsonb_build_object(
        'item', p.id, 'kind', p.kind, 'resolution', $4::text, 'note', $5::text, 'particulars', $6::jsonb)
    FROM proposed AS p
)
SELECT * FROM proposed;

-- name: confirm
-- Somebody else, however the name is written, and exactly what was proposed: of two at once, one closes it.
WITH closed AS (
    UPDATE review_items SET state = 'closed', fence = fence + 1, confirmed_by = $5, confirmed_at = $6,
        act_at = $6
    WHERE member_id = $1 AND id = $2 AND fence = $3 AND state = 'proposed' AND resolution = $4
        AND person(proposed_by) <> person($5)
    RETURNING *
), audited AS (
    INSERT INTO operator_actions (id, at, operator, action, member_id, details)
    SELECT $7, $6, $5, 'resolution_confirm', $1, jsonb_build_object(
        'item', c.id, 'kind', c.kind, 'resolution', c.resolution, 'note', $8::text, 'particulars', c.particulars,
        'proposed_by', c.proposed_by)
    FROM closed AS c
)
SELECT * FROM closed;

-- name: about_entry
SELECT * FROM review_items
WHERE member_id = $1 AND kind = 'entry_wrong' AND details ->> 'entry' = $2 ORDER BY raised_at, id;

-- name: assigned_to
-- What two people said to be a member's, or to have been paid out to the member.
SELECT * FROM review_items
WHERE state = 'closed' AND (particulars ->> 'member' = $1::uuid::text OR (member_id = $1 AND resolution = 'refunded'))
ORDER BY raised_at, id;

-- name: of_member
SELECT * FROM review_items WHERE member_id = $1 AND kind = $2 ORDER BY raised_at, id;

-- name: of_line
-- What was ever asked about a line of a bank's day, the latest first.
SELECT * FROM review_items
WHERE bank = $1 AND booked_on = $2 AND details ->> 'bank_id' = $3 ORDER BY raised_at DESC, id DESC;

-- name: due_acts
SELECT * FROM review_items WHERE act_at <= $1 ORDER BY act_at LIMIT $2;

-- name: acted
UPDATE review_items SET act_at = NULL, acted_at = $3 WHERE member_id = $1 AND id = $2 AND acted_at IS NULL;

-- name: act_later
UPDATE review_items SET act_at = $3 WHERE member_id = $1 AND id = $2 AND acted_at IS NULL;
