-- name: take
-- One process runs it; its lease is by the database's clock, all other instants are business time.
INSERT INTO daily_runs AS r (name, bank, day, state, tries, started_at, lease_until)
VALUES ($1, $2, $3, 'running', 1, $4, clock_timestamp() + make_interval(secs => $5))
ON CONFLICT (name, bank, day) DO UPDATE SET state = 'running', tries = r.tries + 1, started_at = $4,
    next_at = NULL, lease_until = excluded.lease_until
WHERE (r.state = 'failed' AND r.next_at <= $4) OR (r.state = 'running' AND r.lease_until < clock_timestamp())
RETURNING tries;

-- name: end
UPDATE daily_runs SET state = $5, next_at = $6, ended_at = $4, lease_until = NULL, report = $7
WHERE name = $1 AND bank = $2 AND day = $3
RETURNING state;

-- name: again
-- What was done already is done once more: something has changed that it looks at.
UPDATE daily_runs SET state = 'failed', tries = 0, next_at = $4
WHERE name = $1 AND bank = $2 AND day = $3 AND state = 'done'
RETURNING state;

-- name: last_done
SELECT max(day) AS day FROM daily_runs WHERE name = $1 AND bank = $2 AND state = 'done';

-- name: waiting
-- What is to be run (again): failed and due, or left by a process that is gone.
SELECT day FROM daily_runs
WHERE name = $1 AND bank = $2 AND day <= $3
    AND ((state = 'failed' AND next_at <= $4) OR (state = 'running' AND lease_until < clock_timestamp()))
ORDER BY day;

-- name: done
INSERT INTO daily_runs AS r (name, bank, day, state, tries, started_at, ended_at, report)
VALUES ($1, $2, $3, 'done', 1, $4, $4, $5)
ON CONFLICT (name, bank, day) DO UPDATE SET state = 'done', next_at = NULL, lease_until = NULL, ended_at = $4,
    report = $5
RETURNING state;
