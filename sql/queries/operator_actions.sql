-- name: write
-- Run again after a lost commit it writes nothing more.
INSERT INTO operator_actions (id, at, operator, action, member_id, details) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO NOTHING;

-- name: list
-- Newest first; of one operator, of one kind, since an instant.
SELECT a.id, a.at, a.operator, a.action, m.member_number, a.details
FROM operator_actions AS a LEFT JOIN members AS m ON m.member_id = a.member_id
WHERE ($1::text IS NULL OR a.operator = $1) AND ($2::text IS NULL OR a.action = $2) AND a.at >= $3
ORDER BY a.at DESC, a.id DESC LIMIT $4;
