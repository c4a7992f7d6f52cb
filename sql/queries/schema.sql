-- name: lock
-- Held by the session: two gateways that start together do not migrate together.
SELECT pg_advisory_lock(7305512008)

-- name: unlock
SELECT pg_advisory_unlock(7305512008)

-- name: exists
SELECT to_regclass('schema_files') IS NOT NULL

-- name: applied
SELECT kind, name, checksum, is_breaking FROM schema_files

-- name: record
INSERT INTO schema_files (kind, name, checksum, is_breaking) VALUES ($1, $2, $3, $4)
ON CONFLICT (kind, name)
DO UPDATE SET checksum = excluded.checksum, is_breaking = excluded.is_breaking, applied_at = now()

-- name: limits
-- For one transaction. A file that needs longer sets its own.
SELECT set_config('lock_timeout', '5s', true), set_config('statement_timeout', '60s', true)
