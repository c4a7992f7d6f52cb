-- name: use
-- Adds what was used of each quota, in seconds of it, and says how many seconds of it are used now, by all processes.
-- In the order of keys, so that two processes never wait for each other.
INSERT INTO request_quotas AS q (key, used_until)
SELECT u.key, statement_timestamp() + make_interval(secs => u.used_s)
FROM unnest($1::bytea[], $2::double precision[]) AS u (key, used_s) ORDER BY u.key
ON CONFLICT (key) DO UPDATE
SET used_until = excluded.used_until + (greatest(q.used_until, statement_timestamp()) - statement_timestamp())
RETURNING q.key, extract(EPOCH FROM q.used_until - statement_timestamp())::double precision AS ahead_s;

-- name: forget_whole
DELETE FROM request_quotas WHERE used_until < statement_timestamp() - interval '1 minute';
