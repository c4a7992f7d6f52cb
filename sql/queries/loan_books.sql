-- name: read
-- One statement, so one snapshot: the entries are those that the version stands for.
SELECT l.*, (SELECT coalesce(jsonb_agg(to_jsonb(e)), '[]'::jsonb)
    FROM loan_entries e WHERE e.member_id = l.member_id) AS entries
FROM loans l WHERE as_member($1) AND l.member_id = $1;

-- name: record_entry
SELECT * FROM record_entry($1, $2, $3, $4, $5, $6, $7);

-- name: entry
SELECT e.member_id, e.source_id, to_jsonb(e) AS entry, EXISTS (
    SELECT 1 FROM loan_entries n WHERE n.member_id = e.member_id AND n.takes_back = e.id AND n.kind <> 'return'
) OR EXISTS (
    SELECT 1 FROM loan_entries n WHERE n.member_id = e.member_id AND n.stands_for = e.id
) AS is_superseded
FROM loan_entries e WHERE e.id = $1;

-- name: due_unknown
SELECT member_id FROM loans WHERE NOT is_due_known ORDER BY member_id LIMIT $1;

-- name: set_due
-- Only as long as the loan is the one that it was worked out from.
UPDATE loans SET due_on = $3, is_due_known = TRUE
WHERE as_member($1) AND member_id = $1 AND version = $2 AND NOT is_due_known RETURNING member_id;
