-- name: add
-- With the act on record, in one statement. Whoever is there already gets the role.
WITH added AS (
    INSERT INTO operators (name, role, added_at) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET role = excluded.role
    RETURNING name, role
)
INSERT INTO operator_actions (id, at, operator, action, details)
SELECT $4, $3, $5, 'operator_add', jsonb_build_object('name', a.name, 'role', a.role) FROM added AS a
ON CONFLICT (id) DO NOTHING;

-- name: find
SELECT name, role FROM operators WHERE name = $1;

-- name: issue
-- Run again after a lost commit it writes nothing more.
WITH issued AS (
    INSERT INTO operator_tokens (id, operator, secret_sha256, issued_at, ends_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (id) DO NOTHING RETURNING id, operator, ends_at
)
INSERT INTO operator_actions (id, at, operator, action, details)
SELECT i.id, $4, $6, 'token_issue', jsonb_build_object('token', i.id, 'operator', i.operator, 'ends_at', i.ends_at)
FROM issued AS i;

-- name: revoke
-- One token ($1), or all of an operator ($2).
WITH revoked AS (
    UPDATE operator_tokens SET revoked_at = $3
    WHERE (id = $1 OR operator = $2) AND revoked_at IS NULL
    RETURNING id, operator, issued_at, ends_at, revoked_at
), audited AS (
    INSERT INTO operator_actions (id, at, operator, action, details)
    SELECT $4, $3, $5, 'token_revoke', jsonb_build_object('tokens', jsonb_agg(r.id), 'operator', max(r.operator))
    FROM revoked AS r HAVING count(*) > 0
)
SELECT * FROM revoked ORDER BY issued_at, id;

-- name: find_live
SELECT o.name, o.role, t.id, t.ends_at
FROM operator_tokens AS t JOIN operators AS o ON o.name = t.operator
WHERE t.secret_sha256 = $1 AND t.revoked_at IS NULL AND t.ends_at > $2;

-- name: list
SELECT name, role, added_at FROM operators ORDER BY name;

-- name: tokens
SELECT id, operator, issued_at, ends_at, revoked_at FROM operator_tokens ORDER BY operator, issued_at, id;
