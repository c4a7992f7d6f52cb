-- name: last_no
SELECT event_no FROM loans WHERE as_member($1) AND member_id = $1;

-- name: read_after
-- $1 members and $2 numbers, which go together: what comes after that number of that member, $3 events at most. A member
-- is there once for each number at which a stream of theirs stands. Where the database does not reach as far as the
-- number, as after a restore, one row says so, without an event. The limits inside keep it at one look into the loan's
-- primary key each, and where there is something one into that of the events, whatever the planner believes of the tables.
SELECT f.member_id, f.last_no, l.event_no AS latest, e.no, e.transfer_id, e.repayment_id, e.kind, e.data, e.at
FROM unnest($1::uuid[], $2::bigint[]) AS f (member_id, last_no)
CROSS JOIN LATERAL (
    SELECT loans.event_no FROM loans WHERE loans.member_id = f.member_id LIMIT 1
) AS l
LEFT JOIN LATERAL (
    SELECT * FROM events WHERE events.member_id = f.member_id AND events.no > f.last_no ORDER BY events.no LIMIT $3::bigint
) AS e ON TRUE
WHERE l.event_no <> f.last_no AND (l.event_no < f.last_no OR e.no IS NOT NULL)
ORDER BY e.no;
