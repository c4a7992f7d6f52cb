-- name: take
-- One process runs it; its lease is by the database's clock, all other instants are business time.
INSERT INTO daily_runs AS r (name, bank, day, state, tries, started_at, lease_until)
VALUES ($1, $2, $3, 'running', 1, $4, clock_timestamp() + make_interval(secs => $5))
ON CONFLICT (name, bank, day) DO UPDATE SET state = 'running', tries = r.tries + 1, started_at = $4,
    next_at = NULL, lease_until = excluded.lease_until
WHERE (r.state = 'failed' AND r.next_at <= $4) OR (r.state = 'running' AND r.lease_until < clock_timestamp())
RETURNING tries;

-- name: end
-- What changed while it ran (again) it may not have seen: it is run once more.
UPDATE daily_runs SET state = CASE WHEN next_at IS NULL THEN $5 ELSE 'failed' END, next_at = coalesce($6, next_at),
    ended_at = $4, lease_until = NULL, report = $7
WHERE name = $1 AND bank = $2 AND day = $3
RETURNING state;

-- name: again
-- What was done already, or is being done, is done once more: something has changed that it looks at.
UPDATE daily_runs SET state = CASE WHEN state = 'done' THEN 'failed' ELSE state END,
    tries = CASE WHEN state = 'done' THEN 0 ELSE tries END, next_at = $4
WHERE name = $1 AND bank = $2 AND day = $3 AND state IN ('done', 'running')
RETURNING state;

-- name: second_time
UPDATE daily_runs SET state = 'failed', tries = 0, next_at = $4
WHERE name = $1 AND bank = $2 AND day = $3 AND state = 'done' AND ended_at < $5
RETURNING state;

-- name: last_done
SELECT max(day) AS day FROM daily_runs WHERE name = $1 AND bank = $2 AND state = 'done';

-- name: first_undone
-- The first day from $3 on that is not done, whatever is done after it.
SELECT min(c.day) AS day FROM (
    SELECT $3::date AS day
    UNION ALL
    SELECT r.day + 1 FROM daily_runs r
    WHERE r.name = $1 AND r.bank = $2 AND r.state = 'done' AND r.day >= $3
) AS c
WHERE NOT EXISTS (
    SELECT 1 FROM daily_runs d WHERE d.name = $1 AND d.bank = $2 AND d.day = c.day AND d.state = 'done');

-- name: waiting
-- What is to be run (again): failed and due, or left by a process that is gone.
SELECT day FROM daily_runs
WHERE name = $1 AND bank = $2 AND day <= $3
    AND ((state = 'failed' AND next_at <= $4) OR (state = 'running' AND lease_until < clock_timestamp()))
ORDER BY day;

-- name: done
-- But what is to be done once more: it may have changed while somebody did it by hand.
INSERT INTO daily_runs AS r (name, bank, day, state, tries, started_at, ended_at, report)
VALUES ($1, $2, $3, 'done', 1, $4, $4, $5)
ON CONFLICT (name, bank, day) DO UPDATE SET state = 'done', next_at = NULL, lease_until = NULL, ended_at = $4,
    report = $5
WHERE r.tries > 0 AND (r.state <> 'running' OR r.next_at IS NULL)
RETURNING state;
