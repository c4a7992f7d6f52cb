-- name: write
INSERT INTO refused_sign_ins (member_id, id, at, reason, source)
SELECT $1, $2, $3, $4, $5 WHERE as_member($1)
ON CONFLICT (member_id, id) DO NOTHING;

-- name: of_member
SELECT member_id, at, reason, source FROM refused_sign_ins WHERE as_member($1) AND member_id = $1 AND at >= $2
ORDER BY id DESC LIMIT $3;

-- name: of_all
SELECT member_id, at, reason, source FROM refused_sign_ins WHERE at >= $1 ORDER BY at DESC LIMIT $2;
