-- name: take_turn
SELECT * FROM take_turn($1, $2, $3, $4, $5, $6);

-- name: give_back
-- Run again it finds another wait there, or none, and gives nothing back. What the source owes for earlier guesses stays.
WITH own AS (
    UPDATE login_sources SET failures = failures - 1, failed_at = $3, blocked_until = $3
    WHERE source = $1 AND blocked_until = $2 AND failures > 0 RETURNING source
)
UPDATE login_networks AS n SET used_until = n.used_until - make_interval(secs => u.cost)
FROM unnest($4::bytea[], $5::double precision[]) AS u (network, cost)
WHERE n.network = u.network AND EXISTS (SELECT 1 FROM own);

-- name: forgive
-- For the demo, which has one member, nobody who issues PINs, and a clock that may begin at the same instant again.
WITH unlocked AS (
    UPDATE members SET pin_locked_at = NULL, pin_failures = 0, pin_failures_on = '-infinity' WHERE member_id = $1
), unused AS (
    UPDATE login_networks SET used_until = '-infinity'
)
UPDATE login_sources SET failures = 0, failed_at = '-infinity', blocked_until = '-infinity';
