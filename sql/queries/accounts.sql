-- name: add
SELECT * FROM add_account($1, $2, $3, $4, $5, $6, $7, $8);

-- name: list_registered
SELECT id, bank, branch, type, number, holder, registered_at FROM accounts
WHERE as_member($1) AND member_id = $1 AND removed_at IS NULL ORDER BY registered_at, id LIMIT 100;

-- name: remove
-- Open transfers carry their own copy of the account, so nothing waits for them.
UPDATE accounts SET removed_at = $3 WHERE as_member($1) AND member_id = $1 AND id = $2 AND removed_at IS NULL RETURNING id;

-- name: to_compare
-- Accounts that were not compared yet, each with how many other members have it registered.
SELECT a.member_id, a.id, a.bank, (
    SELECT count(DISTINCT o.member_id) FROM accounts o
    WHERE o.bank = a.bank AND o.number = a.number AND o.branch = a.branch AND o.type = a.type
        AND o.removed_at IS NULL AND o.member_id <> a.member_id) AS others
FROM accounts a WHERE a.compared_at IS NULL ORDER BY a.registered_at LIMIT $1;

-- name: compared
UPDATE accounts SET compared_at = $3 WHERE as_member($1) AND member_id = $1 AND id = $2 AND compared_at IS NULL;
