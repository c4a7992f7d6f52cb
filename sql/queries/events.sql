-- name: last_no
SELECT event_no FROM loans WHERE member_id = $1;

-- name: read_after
-- $1 members, $2 the last number that each one has, $3 how many more each gets at most. A member's numbers have no
-- gap, so that a bound on the number bounds the rows, and each member costs one look into the primary key.
SELECT e.member_id, e.no, e.transfer_id, e.repayment_id, e.kind, e.data, e.at
FROM unnest($1::uuid[], $2::bigint[]) AS f (member_id, last_no)
JOIN events AS e ON e.member_id = f.member_id AND e.no > f.last_no AND e.no <= f.last_no + $3::bigint
ORDER BY e.no;
