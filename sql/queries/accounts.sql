-- name: add
SELECT * FROM add_account($1, $2, $3, $4, $5, $6, $7, $8);

-- name: list_registered
SELECT id, bank, branch, type, number, holder, registered_at FROM accounts
WHERE member_id = $1 AND removed_at IS NULL ORDER BY registered_at, id LIMIT 100;

-- name: remove
-- Open transfers carry their own copy of the account, so nothing waits for them.
UPDATE accounts SET removed_at = $3 WHERE member_id = $1 AND id = $2 AND removed_at IS NULL RETURNING id;
