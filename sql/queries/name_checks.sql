-- name: take
-- One check more for a subject on a day, unless it had as many as it may. A new day begins at one.
INSERT INTO name_checks AS n (subject, day, checks) VALUES ($1, $2, 1)
ON CONFLICT (subject) DO UPDATE SET
    day = excluded.day, checks = CASE WHEN n.day = excluded.day THEN n.checks + 1 ELSE 1 END
WHERE n.day < excluded.day OR (n.day = excluded.day AND n.checks < $3)
RETURNING checks;
