-- name: take
SELECT * FROM take_slots($1, $2, $3, $4, $5);
