-- name: find
SELECT member_id, credit_limit, principal, reserved, suspense, advances_stopped, version, due_on
FROM loans WHERE as_member($1) AND member_id = $1;

-- name: wait_for_accepts
-- An accept holds the loan's row until it commits, and others queue for it: behind them all this reads nothing.
SELECT 1 FROM loans WHERE as_member($1) AND member_id = $1 FOR UPDATE;
