-- name: add
-- With the operator's act on record, in one statement. Nothing if the branch was added before.
WITH added AS (
    INSERT INTO branches_added (bank, branch, name, added_by, added_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT DO NOTHING RETURNING bank, branch, name
)
INSERT INTO operator_actions (id, at, operator, action, details)
SELECT $6, $5, $4, 'branch_add', jsonb_build_object('bank', a.bank, 'branch', a.branch, 'name', a.name)
FROM added AS a
RETURNING id;

-- name: find
SELECT name, added_by, added_at FROM branches_added WHERE bank = $1 AND branch = $2;
