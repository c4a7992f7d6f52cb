-- name: find
SELECT member_id, credit_limit, principal, reserved, suspense, advances_stopped, version, due_on
FROM loans WHERE member_id = $1;
