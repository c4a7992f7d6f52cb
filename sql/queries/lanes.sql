-- name: take
SELECT * FROM take_slot($1, $2, $3, $4);

-- name: take_numbers
SELECT * FROM take_numbers($1, $2);
