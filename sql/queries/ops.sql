-- name: transfers
-- Oldest first, as ids tell. No account, no holder: an operator needs the reference.
-- State by state, each in the order of its index; of the many that are settled, in the order of ids. One plan serves
-- whatever is asked for.
WITH chosen AS (
    SELECT t.* FROM (SELECT DISTINCT unnest($1::text[]) AS state) AS s
    CROSS JOIN LATERAL (
        SELECT * FROM transfers
        WHERE state = s.state AND state <> 'settled' AND ($2::text IS NULL OR bank = $2) AND accepted_at <= $3
            AND id > coalesce($5::uuid, '00000000-0000-0000-0000-000000000000')
        ORDER BY id LIMIT $4
    ) AS t
    UNION ALL
    (SELECT * FROM transfers
    WHERE 'settled' = ANY($1) AND state = 'settled' AND ($2 IS NULL OR bank = $2) AND accepted_at <= $3
        AND id > coalesce($5, '00000000-0000-0000-0000-000000000000')
    ORDER BY id LIMIT $4)
)
SELECT id, bank, reference, amount, state, unclear, attempt, reason, accepted_at, due_at, inquire_at,
    unresolved_since
FROM chosen ORDER BY id LIMIT $4;

-- name: transfer_by_id
SELECT member_id, id, bank, reference, amount, state, unclear, attempt, reason, request_id, accepted_at,
    quote_id, credited_at, credited_by, file_id
FROM transfers WHERE id = $1;

-- name: transfer_by_reference
SELECT member_id, id, bank, reference, amount, state, unclear, attempt, reason, request_id, accepted_at,
    quote_id, credited_at, credited_by, file_id
FROM transfers WHERE reference = $1;

-- name: repayment_by_id
SELECT member_id, id, bank, reference, kind, amount, state, starts, reason, request_id, accepted_at, quote_id, expires_at
FROM repayments WHERE id = $1;

-- name: repayment_by_reference
SELECT member_id, id, bank, reference, kind, amount, state, starts, reason, request_id, accepted_at, quote_id, expires_at
FROM repayments WHERE reference = $1;

-- name: events_of
SELECT no, kind, data, at FROM events WHERE member_id = $1 AND $2 IN (transfer_id, repayment_id) ORDER BY no;

-- name: attempts_of
SELECT operation, attempt, started_at, ended_at, outcome, code
FROM bank_attempts WHERE member_id = $1 AND $2 IN (transfer_id, repayment_id) ORDER BY started_at;

-- name: postings_of
SELECT debit, credit, amount, effective_on, recorded_at
FROM postings WHERE member_id = $1 AND $2 IN (transfer_id, repayment_id) ORDER BY recorded_at, id;

-- name: callbacks_of
SELECT event_id, kind, received_at, worked_at
FROM callbacks_inbox WHERE bank = $1 AND reference = $2 ORDER BY received_at;

-- name: lines_of
SELECT day, direction, amount, booked_at, bank_id, is_return, read_at FROM statement_lines
WHERE bank = $1 AND reference = $2 ORDER BY booked_at, line_no;

-- name: items_of
SELECT id, kind, state, resolution, proposed_by, proposed_at, confirmed_by, confirmed_at, acted_at, raised_at
FROM review_items WHERE bank = $1 AND reference = $2 ORDER BY raised_at, id;

-- name: stops_of
-- What held a bank, or all, between two instants ($3 NULL: until now), and who held and released it.
SELECT bank, reason, held_by, held_at, begins_at, ends_at, released_by, released_at
FROM bank_stops
WHERE bank IN ($1, '*') AND ($3::timestamptz IS NULL OR held_at <= $3)
    AND (released_at IS NULL OR released_at >= $2) AND (ends_at IS NULL OR ends_at > $2)
ORDER BY held_at, id;

-- name: verify_members
-- One statement, so one snapshot: a member's balances and all that they must follow from.
SELECT l.*,
    (SELECT count(*) FROM events e WHERE e.member_id = l.member_id) AS events,
    (SELECT coalesce(max(e.no), 0) FROM events e WHERE e.member_id = l.member_id) AS last_event,
    (SELECT coalesce(jsonb_agg(to_jsonb(e)), '[]'::jsonb)
     FROM loan_entries e WHERE e.member_id = l.member_id) AS entries,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'debit', p.debit, 'credit', p.credit, 'amount', p.amount, 'effective_on', p.effective_on)), '[]'::jsonb)
     FROM postings p WHERE p.member_id = l.member_id) AS postings,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', t.id, 'bank', t.bank, 'state', t.state, 'amount', t.amount, 'settled_at', t.settled_at,
        'returned_at', t.returned_at) ORDER BY t.id), '[]'::jsonb)
     FROM transfers t WHERE t.member_id = l.member_id) AS transfers,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', r.id, 'bank', r.bank, 'state', r.state, 'paid_amount', r.paid_amount,
        'settled_at', r.settled_at) ORDER BY r.id), '[]'::jsonb)
     FROM repayments r WHERE r.member_id = l.member_id) AS repayments
FROM loans l WHERE l.member_id > $1 ORDER BY l.member_id LIMIT $2;

-- name: verify_postings
-- Postings that belong to nobody: a member without a loan, a transfer or a repayment that is not there.
SELECT p.id, l.member_id IS NULL AS has_no_loan
FROM postings p
LEFT JOIN loans l ON l.member_id = p.member_id
LEFT JOIN transfers t ON t.member_id = p.member_id AND t.id = p.transfer_id
LEFT JOIN repayments r ON r.member_id = p.member_id AND r.id = p.repayment_id
WHERE (l.member_id IS NULL AND p.member_id <> '00000000-0000-0000-0000-000000000000'::uuid)
    OR (p.transfer_id IS NOT NULL AND t.id IS NULL) OR (p.repayment_id IS NOT NULL AND r.id IS NULL)
ORDER BY p.id LIMIT $1;

-- name: account_totals
-- Debits minus credits of every account, over all members; and what of it moved but for what was there at first or was
-- typed in as a funding.
SELECT a.account, sum(a.amount)::bigint AS balance,
    coalesce(sum(a.amount) FILTER (
        WHERE 'funding' NOT IN (p.debit, p.credit) AND 'opening' NOT IN (p.debit, p.credit)), 0)::bigint AS moved
FROM postings p, LATERAL (VALUES (p.debit, p.amount), (p.credit, -p.amount)) AS a (account, amount)
GROUP BY a.account ORDER BY a.account;

-- name: wrong_marks
-- Settlement accounts whose kept balance is not that of the postings that it stands for.
SELECT m.bank, m.balance, coalesce(sum(
    CASE WHEN p.debit = 'settlement_cash:' || m.bank THEN p.amount ELSE -p.amount END), 0)::bigint AS posted
FROM settlement_marks m
LEFT JOIN postings p ON p.written_at < m.counted_until AND 'settlement_cash:' || m.bank IN (p.debit, p.credit)
GROUP BY m.bank, m.balance
HAVING m.balance <> coalesce(sum(
    CASE WHEN p.debit = 'settlement_cash:' || m.bank THEN p.amount ELSE -p.amount END), 0)
ORDER BY m.bank;

-- name: release
-- Holds only: a window is removed by its id. Who did it is on record in the same statement.
WITH lifted AS (
    UPDATE bank_stops SET released_by = $2, released_at = $3
    WHERE bank = $1 AND released_at IS NULL AND ends_at IS NULL AND ($4::text IS NULL OR reason = $4)
    RETURNING id, bank, reason, held_by, held_at, begins_at, ends_at
), audited AS (
    INSERT INTO operator_actions (id, at, operator, action, details)
    SELECT $5, $3, $2, 'release', jsonb_build_object('bank', $1::text, 'reasons', jsonb_agg(l.reason))
    FROM lifted AS l HAVING count(*) > 0
)
SELECT * FROM lifted ORDER BY held_at, id;

-- name: remove_window
WITH lifted AS (
    UPDATE bank_stops SET released_by = $2, released_at = $3
    WHERE id = $1 AND released_at IS NULL AND ends_at > $3
    RETURNING id, bank, reason, held_by, held_at, begins_at, ends_at
), audited AS (
    INSERT INTO operator_actions (id, at, operator, action, details)
    SELECT $4, $3, $2, 'window_remove', jsonb_build_object(
        'bank', l.bank, 'reason', l.reason, 'begins_at', l.begins_at, 'ends_at', l.ends_at)
    FROM lifted AS l
)
SELECT * FROM lifted;

-- name: override_breaker
INSERT INTO bank_lanes (bank, lane, next_free, breaker)
SELECT $1, lane, clock_timestamp(), $2 FROM unnest(ARRAY['money', 'inquiry']) AS lane
ON CONFLICT (bank, lane) DO UPDATE SET breaker = excluded.breaker
RETURNING lane, breaker;

-- name: breakers
SELECT DISTINCT bank, breaker FROM bank_lanes WHERE breaker <> 'auto' ORDER BY bank, breaker;

-- name: server
SELECT current_user::text AS role, current_setting('server_version_num')::integer AS version,
    current_setting('synchronous_commit') AS synchronous_commit, current_setting('fsync') AS fsync,
    clock_timestamp() AS clock;

-- name: wrong_privileges
-- What the gateway's roles must not be able to do, or must and cannot.
SELECT r.name AS role, t.name AS table_name, p.name AS privilege, p.is_needed
FROM unnest(ARRAY['gateway_app', 'gateway_member', 'gateway_ops']) AS r (name),
    unnest(
        ARRAY['postings', 'events', 'loan_entries', 'bank_attempts', 'idempotency_keys', 'refused_sign_ins']
    ) AS t (name),
    (VALUES ('SELECT', true), ('INSERT', true), ('UPDATE', false), ('DELETE', false), ('TRUNCATE', false))
        AS p (name, is_needed)
WHERE has_table_privilege(r.name, t.name, p.name) <> p.is_needed AND (r.name <> 'gateway_ops' OR p.name <> 'INSERT')
UNION ALL
SELECT r.name, t.name, p.name, FALSE
FROM unnest(ARRAY['gateway_app', 'gateway_member']) AS r (name), unnest(ARRAY['INSERT', 'UPDATE']) AS p (name),
    unnest(ARRAY['members', 'loans', 'operators', 'operator_tokens']) AS t (name)
WHERE has_table_privilege(r.name, t.name, p.name)
ORDER BY 1, 2, 3;

-- name: missing_walls
-- Members' own tables that row level security does not guard.
SELECT c.relname AS table_name FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid
JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]
WHERE x.indisprimary AND a.attname = 'member_id' AND c.relnamespace = current_schema()::regnamespace
    AND NOT c.relrowsecurity
ORDER BY 1;

-- name: occupy
-- Long enough for as many of these as the pool has connections to run at the same time.
SELECT pg_sleep(0.05);

-- name: began_on
-- When the account at a bank was opened here, or else when the ledger began; and the first day of a line that was read.
SELECT
    coalesce(
        (SELECT o.opened_on FROM account_openings o WHERE o.bank = $1 AND o.confirmed_at IS NOT NULL),
        (SELECT (min(p.recorded_at) AT TIME ZONE interval '+09:00')::date FROM postings p)) AS began_on,
    (SELECT min(l.day) FROM statement_lines l WHERE l.bank = $1) AS first_line_on;

-- name: unidentified
-- One statement, so one snapshot: what the account holds (debits minus credits), what the house posted on it, what of it
-- members' loans took, and the review items about lines.
SELECT
    (SELECT coalesce(sum(CASE WHEN p.debit = 'unidentified' THEN p.amount ELSE -p.amount END), 0)::bigint
     FROM postings p WHERE 'unidentified' IN (p.debit, p.credit)) AS balance,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', p.id, 'bank', p.source ->> 'bank', 'day', p.source ->> 'day', 'line', p.source ->> 'line',
        'amount', CASE WHEN p.debit = 'unidentified' THEN -p.amount ELSE p.amount END)), '[]'::jsonb)
     FROM postings p WHERE p.member_id = '00000000-0000-0000-0000-000000000000'
        AND 'unidentified' IN (p.debit, p.credit)) AS house,
    (SELECT coalesce(jsonb_agg(to_jsonb(e)), '[]'::jsonb)
     FROM loan_entries e WHERE e.house = 'unidentified') AS entries,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', r.id, 'bank', r.bank, 'day', r.booked_on, 'line', r.details ->> 'bank_id', 'state', r.state,
        'resolution', r.resolution, 'is_acted', r.acted_at IS NOT NULL)), '[]'::jsonb)
     FROM review_items r WHERE r.booked_on IS NOT NULL AND r.details ? 'bank_id') AS items;

-- name: health
-- What wears out or was changed beneath a database: transaction numbers, the collation's version, checksums.
SELECT (SELECT max(age(o.datfrozenxid)) FROM pg_database o) AS transactions,
    d.datcollversion AS collation, pg_database_collation_actual_version(d.oid) AS collation_now,
    current_setting('data_checksums') AS checksums
FROM pg_database d WHERE d.datname = current_database();
