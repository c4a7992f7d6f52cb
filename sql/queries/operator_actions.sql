-- name: write
-- Run again after a lost commit it writes nothing more.
INSERT INTO operator_actions (id, at, operator, action, member_id, details) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO NOTHING;
