-- name: take
SELECT * FROM take_slot($1, $2, $3, $4);
