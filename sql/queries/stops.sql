-- name: hold
INSERT INTO bank_stops (id, bank, reason, held_by, held_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (bank, reason) WHERE released_at IS NULL DO NOTHING RETURNING id;

-- name: in_force
SELECT id, bank, reason, held_by, held_at FROM bank_stops WHERE released_at IS NULL ORDER BY held_at;
