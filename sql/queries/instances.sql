-- name: lock
-- Held by the session for as long as the instance lives: no second one has its name.
SELECT pg_try_advisory_lock(730551, hashtext($1)) AS is_ours;
