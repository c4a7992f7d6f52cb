-- name: add
-- The ring has a row for each of 128 minutes; one that went round begins anew.
INSERT INTO misuse_counts AS c (kind, instance, slot, minute, times)
SELECT u.kind, $1, (extract(epoch FROM u.minute) / 60)::bigint % 128, u.minute, u.times
FROM unnest($2::text[], $3::timestamptz[], $4::bigint[]) AS u (kind, minute, times)
ON CONFLICT (kind, instance, slot) DO UPDATE SET
    times = excluded.times + CASE WHEN c.minute = excluded.minute THEN c.times ELSE 0 END,
    minute = excluded.minute;

-- name: read
SELECT kind, minute, sum(times)::bigint AS times FROM misuse_counts
WHERE kind = any($1::text[]) AND minute >= $2 AND minute <= $3 GROUP BY kind, minute;

-- name: note_high
-- One alarm an episode, whichever process sees it first; run again by the same sight ($4) it says the same.
INSERT INTO misuse_alarms AS a (kind, sight, raised_at, high_at) VALUES ($1, $4, $2, $2)
ON CONFLICT (kind) DO UPDATE SET
    sight = CASE WHEN a.high_at < $3 THEN $4 ELSE a.sight END,
    raised_at = CASE WHEN a.high_at < $3 THEN $2 ELSE a.raised_at END,
    high_at = greatest(a.high_at, $2)
RETURNING sight = $4 AS is_new;
