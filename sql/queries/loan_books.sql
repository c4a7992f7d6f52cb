-- name: read
-- One statement, so one snapshot: the entries are those that the version stands for.
SELECT l.*, (SELECT coalesce(jsonb_agg(to_jsonb(e)), '[]'::jsonb)
    FROM loan_entries e WHERE e.member_id = l.member_id) AS entries
FROM loans l WHERE l.member_id = $1;

-- name: record_entry
SELECT * FROM record_entry($1, $2, $3, $4, $5, $6, $7);
