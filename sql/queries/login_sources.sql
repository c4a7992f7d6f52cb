-- name: find_block
SELECT blocked_until FROM login_sources WHERE source = $1 AND blocked_until > $2;

-- name: count_failure
-- The wait doubles with each failure up to 60 times the first; a quiet quarter of an hour
-- forgets them. A success does not: whoever has an account would guess at others' between logins.
INSERT INTO login_sources AS s (source, failures, failed_at, blocked_until)
VALUES ($1, 1, $2::timestamptz, $2::timestamptz + make_interval(secs => $3::double precision))
ON CONFLICT (source) DO UPDATE SET
    failures = CASE WHEN s.failed_at < $2::timestamptz - interval '15 minutes' THEN 1 ELSE s.failures + 1 END,
    failed_at = $2::timestamptz,
    blocked_until = $2::timestamptz + make_interval(secs => $3::double precision * CASE
        WHEN s.failed_at < $2::timestamptz - interval '15 minutes' THEN 1
        ELSE least(60, power(2, least(s.failures, 6))) END);

-- name: forgive
-- For the demo, which has one member, nobody who issues PINs, and a clock that may begin at the same instant again.
WITH unlocked AS (
    UPDATE members SET pin_locked_at = NULL, pin_failures = 0, pin_failures_on = '-infinity' WHERE member_id = $1
)
UPDATE login_sources SET failures = 0, failed_at = '-infinity', blocked_until = '-infinity';
