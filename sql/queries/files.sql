-- name: claim_item
SELECT * FROM claim_item($1, $2, $3, $4, $5, $6, $7, $8);

-- name: store
SELECT * FROM store_file($1, $2, $3, $4, $5, $6, $7);

-- name: void_unsent
SELECT * FROM void_unsent_file($1, $2, $3);

-- name: take
SELECT * FROM take_file($1, $2, $3, $4, $5, $6, $7);

-- name: move
SELECT * FROM move_file($1, $2, $3, $4, $5);

-- name: find
SELECT * FROM bank_files WHERE bank = $1 AND file_id = $2;

-- name: open
-- What has to be worked on, and nobody does. Under a stop nothing is sent a second time; results are asked for.
SELECT * FROM bank_files f
WHERE next_at <= $1 AND (lease_until IS NULL OR lease_until < clock_timestamp())
    AND NOT (state = 'stored' AND EXISTS (
        SELECT 1 FROM bank_stops s WHERE s.released_at IS NULL AND s.bank IN (f.bank, '*')
            AND (s.ends_at IS NULL OR (s.begins_at <= greatest($1, s.held_at) AND $1 < s.ends_at))))
ORDER BY next_at LIMIT $2;

-- name: of_number
SELECT * FROM bank_files WHERE bank = ANY($1::text[]) AND file_id = $2;

-- name: end
SELECT * FROM end_file($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: naming
-- The files that name an item, of those that are not at rest, and its own.
SELECT * FROM bank_files
WHERE bank = $1 AND (file_id = $2 OR next_at IS NOT NULL) AND items @> jsonb_build_array(jsonb_build_array($3::text))
ORDER BY stored_at;

-- name: left_by
-- What an instance held when it died; only for one that holds its own name's lock.
SELECT * FROM bank_files WHERE lease_owner = $1 AND lease_until IS NOT NULL AND next_at IS NOT NULL;

-- name: release
UPDATE bank_files SET fence = fence + 1, lease_owner = NULL, lease_until = NULL
WHERE bank = $1 AND file_id = $2 AND state = $3 AND fence = $4
RETURNING *;

-- name: items
-- The transfers of a file, wherever they are by now; read only, so it may be many members'.
SELECT * FROM transfers WHERE bank = $1 AND reference = ANY($2::text[]);
