-- name: find_live
-- $3 now, $4 the earliest instant at which a live session was last seen. None of a suspended member's lives.
SELECT id, seen_at FROM sessions
WHERE as_member($1) AND member_id = $1 AND secret_sha256 = $2 AND closed_at IS NULL AND ends_at > $3 AND seen_at > $4
    AND NOT EXISTS (SELECT 1 FROM members m WHERE m.member_id = $1 AND m.status = 'suspended');

-- name: touch
UPDATE sessions SET seen_at = $3 WHERE as_member($1) AND member_id = $1 AND id = $2 AND seen_at < $3;

-- name: list_live
SELECT id, opened_at, seen_at, ends_at FROM sessions
WHERE as_member($1) AND member_id = $1 AND closed_at IS NULL AND ends_at > $2 AND seen_at > $3
ORDER BY opened_at DESC, id DESC LIMIT 100;

-- name: close_one
-- Closing a closed session again is no error: the first instant stays.
UPDATE sessions SET closed_at = coalesce(closed_at, $3) WHERE as_member($1) AND member_id = $1 AND id = $2 RETURNING id;

-- name: close_all
UPDATE sessions SET closed_at = $2 WHERE as_member($1) AND member_id = $1 AND closed_at IS NULL;

-- name: find_ended
-- Those of the named sessions that do not live. $3 now, $4 the earliest instant at which a live session was last seen.
-- A scalar subquery, so that each costs one look into the primary key whatever the planner believes of the table.
SELECT f.id FROM unnest($1::uuid[], $2::uuid[]) AS f (member_id, id)
WHERE NOT coalesce((
    SELECT s.closed_at IS NULL AND s.ends_at > $3 AND s.seen_at > $4
        AND NOT EXISTS (SELECT 1 FROM members AS m WHERE m.member_id = f.member_id AND m.status = 'suspended')
    FROM sessions AS s WHERE s.member_id = f.member_id AND s.id = f.id
), false);
-- name: end_as_operator
-- Those of one member ($1), or everybody's (NULL), with the act on record, in one statement; says how many were ended.
-- $3 now, $4 the earliest instant at which a live session was last seen.
WITH ended AS (
    UPDATE sessions SET closed_at = $3
    WHERE ($1::uuid IS NULL OR member_id = $1) AND closed_at IS NULL AND ends_at > $3 AND seen_at > $4
    RETURNING id
), audited AS (
    INSERT INTO operator_actions (id, at, operator, action, member_id, details)
    SELECT $2, $3, $5, 'sign_out', $1, jsonb_build_object('sessions', count(*), 'everybody', $1::uuid IS NULL) FROM ended
    ON CONFLICT (id) DO NOTHING
)
SELECT count(*) AS ended FROM ended;
