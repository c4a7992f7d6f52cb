-- name: last_no
SELECT event_no FROM loans WHERE member_id = $1;

-- name: read_after
-- $1 members, $2 the last number that each one has, $3 how many more each gets at most. The limit inside keeps it at one
-- look into the primary key a member, whatever the planner believes of the table.
SELECT f.member_id, e.no, e.transfer_id, e.repayment_id, e.kind, e.data, e.at
FROM unnest($1::uuid[], $2::bigint[]) AS f (member_id, last_no)
CROSS JOIN LATERAL (
    SELECT * FROM events WHERE events.member_id = f.member_id AND events.no > f.last_no ORDER BY events.no LIMIT $3::bigint
) AS e
ORDER BY e.no;
