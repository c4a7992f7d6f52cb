-- Reads only: why an account has its balance. Mostly $1 account, $2 effective until, $3 recorded until.

-- name: balance
-- Of one member's account, or of the house's over all members.
SELECT coalesce(sum(CASE WHEN debit = $1 THEN amount ELSE -amount END), 0)::bigint AS balance
FROM postings
WHERE $1 IN (debit, credit) AND effective_on <= $2 AND recorded_at <= $3
    AND ($4::uuid IS NULL OR member_id = $4);

-- name: balances
-- Of every account: a member's own with whose it is, the house's over all members. $1 are members' accounts.
SELECT CASE WHEN a.account = ANY($1::text[]) THEN p.member_id END AS member_id, a.account,
    sum(a.amount)::bigint AS balance
FROM postings p, LATERAL (VALUES (p.debit, p.amount), (p.credit, -p.amount)) AS a (account, amount)
WHERE p.effective_on <= $2 AND p.recorded_at <= $3
GROUP BY 1, 2 ORDER BY 2, 1;

-- name: everybody
-- Whoever has postings; with what was never a loan's, the house's own.
SELECT DISTINCT member_id FROM postings WHERE recorded_at <= $1 ORDER BY member_id;

-- name: members
-- Whose postings are in the account; with what was never a loan's, the house's own.
SELECT DISTINCT member_id FROM postings
WHERE $1 IN (debit, credit) AND effective_on <= $2 AND recorded_at <= $3 ORDER BY member_id;

-- name: books
-- Everything that explains the journals of some members, one snapshot for each; journals in the order in which they
-- were written. Without a loan there are postings only.
SELECT m.member_id, l.annual_rate, l.due_day, l.has_free_days,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', p.id, 'journal', p.journal, 'debit', p.debit, 'credit', p.credit, 'amount', p.amount,
        'effective_on', p.effective_on, 'recorded_at', p.recorded_at, 'cause', p.cause,
        'source', p.source)
        ORDER BY p.written_at, p.recorded_at, p.journal), '[]'::jsonb)
     FROM postings p WHERE p.member_id = m.member_id) AS postings,
    (SELECT coalesce(jsonb_agg(to_jsonb(e) ORDER BY e.recorded_at, e.id), '[]'::jsonb)
     FROM loan_entries e WHERE e.member_id = m.member_id) AS entries,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', t.id, 'bank', t.bank, 'reference', t.reference, 'type', t.type)), '[]'::jsonb)
     FROM transfers t WHERE t.member_id = m.member_id) AS transfers,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', r.id, 'bank', r.bank, 'reference', r.reference)), '[]'::jsonb)
     FROM repayments r WHERE r.member_id = m.member_id) AS repayments
FROM unnest($1::uuid[]) AS m (member_id) LEFT JOIN loans l ON l.member_id = m.member_id;

-- name: lines_named
SELECT bank, day, line_no, bank_id, direction, amount, reference FROM statement_lines
WHERE reference = ANY($1::text[]) ORDER BY bank, day, line_no;

-- name: lines_without_name
-- Lines of banks' days, whether they bear a reference or not.
SELECT bank, day, line_no, bank_id, direction, amount, reference FROM statement_lines
WHERE bank = ANY($1::text[]) AND day = ANY($2::date[]) ORDER BY bank, day, line_no;

-- name: acts
-- What two people decided, with what is on record of it and the line that it is about.
SELECT r.id, r.kind, r.resolution, r.proposed_by, r.confirmed_by, a.audit, r.details ->> 'entry' AS entry,
    l.bank, l.day, l.line_no, l.bank_id, l.direction, l.amount, l.reference
FROM review_items r
LEFT JOIN (
    SELECT o.details ->> 'item' AS item, array_agg(o.id ORDER BY o.at, o.id) AS audit
    FROM operator_actions o WHERE o.details ? 'item' GROUP BY 1
) a ON a.item = r.id::text
LEFT JOIN statement_lines l ON l.bank = r.bank AND l.day = r.booked_on AND l.bank_id = r.details ->> 'bank_id'
WHERE r.state = 'closed';

-- name: rules
-- Every standing rule that was ever approved.
SELECT r.id, r.kind, r.proposed_by, r.approved_by AS confirmed_by, (
    SELECT array_agg(o.id ORDER BY o.at, o.id) FROM operator_actions o
    WHERE r.id::text IN (o.details ->> 'rule', o.details ->> 'id')) AS audit
FROM standing_rules r WHERE r.approved_at IS NOT NULL;

-- name: openings
-- Each opening that two people said, and each that they took back, from what is on record: a bank's row has the last.
SELECT c.details ->> 'bank' AS bank, coalesce((c.details ->> 'number')::integer, 0) AS number,
    c.action = 'opening_withdraw_confirm' AS is_withdrawal, c.details ->> 'proposed_by' AS proposed_by,
    c.operator AS confirmed_by, (
        SELECT array_agg(o.id ORDER BY o.at, o.id) FROM operator_actions o
        WHERE o.action IN (c.action, replace(c.action, 'confirm', 'propose'))
            AND o.details ->> 'bank' = c.details ->> 'bank'
            AND coalesce(o.details ->> 'number', '0') = coalesce(c.details ->> 'number', '0')) AS audit
FROM operator_actions c WHERE c.action IN ('opening_confirm', 'opening_withdraw_confirm');
