-- name: transfers
SELECT * FROM transfers WHERE reference = ANY($2::text[]) AND bank = $1;

-- name: repayments
SELECT * FROM repayments WHERE reference = ANY($2::text[]) AND bank = $1;

-- name: transfer_fences
-- As they are once the steps that move them now have ended.
SELECT reference, fence FROM transfers WHERE reference = ANY($2::text[]) AND bank = $1 ORDER BY reference FOR SHARE;

-- name: repayment_fences
SELECT reference, fence FROM repayments WHERE reference = ANY($2::text[]) AND bank = $1 ORDER BY reference FOR SHARE;

-- name: movements
-- What was booked on the bank's settlement account for these transfers and repayments, on any day; with what the ledger
-- moved on that account for each.
SELECT e.member_id, e.id, e.kind, e.amount, e.effective_on, e.at, coalesce(t.reference, r.reference) AS reference,
    -- Of an entry that stands in another's place the journal holds the difference only; ledger-verify proves those.
    (e.takes_back IS NOT NULL AND e.kind <> 'return') OR e.stands_for IS NOT NULL AS is_anew, (
    SELECT coalesce(sum(CASE WHEN p.debit = $1 THEN p.amount ELSE -p.amount END), 0)::bigint FROM postings p
    WHERE p.member_id = e.member_id AND p.journal = e.journal AND $1 IN (p.debit, p.credit)
) AS posted
FROM (SELECT DISTINCT k.member_id, k.source_id FROM unnest($2::uuid[], $3::uuid[]) AS k (member_id, source_id)) k
JOIN loan_entries e ON e.member_id = k.member_id AND e.source_id = k.source_id AND e.house = $1
LEFT JOIN transfers t ON t.member_id = e.member_id AND t.id = e.source_id
LEFT JOIN repayments r ON r.member_id = e.member_id AND r.id = e.source_id
WHERE e.kind <> 'withdrawal' AND NOT EXISTS (
    SELECT 1 FROM loan_entries n WHERE n.member_id = e.member_id AND n.takes_back = e.id AND n.kind <> 'return')
    AND NOT EXISTS (SELECT 1 FROM loan_entries n WHERE n.member_id = e.member_id AND n.stands_for = e.id)
ORDER BY e.at, e.id;

-- name: movements_of_day
-- The next of what was booked on the bank's settlement account on a day, after the entry at this instant with this id.
SELECT e.member_id, e.id, e.kind, e.amount, e.effective_on, e.at, coalesce(t.reference, r.reference) AS reference,
    -- Of an entry that stands in another's place the journal holds the difference only; ledger-verify proves those.
    (e.takes_back IS NOT NULL AND e.kind <> 'return') OR e.stands_for IS NOT NULL AS is_anew, (
    SELECT coalesce(sum(CASE WHEN p.debit = $1 THEN p.amount ELSE -p.amount END), 0)::bigint FROM postings p
    WHERE p.member_id = e.member_id AND p.journal = e.journal AND $1 IN (p.debit, p.credit)
) AS posted
FROM (
    SELECT o.* FROM loan_entries o
    WHERE o.house = $1 AND o.effective_on = $2 AND (o.at, o.id) > ($3::timestamptz, $4::uuid)
        AND o.kind <> 'withdrawal' AND NOT EXISTS (
            SELECT 1 FROM loan_entries n WHERE n.member_id = o.member_id AND n.takes_back = o.id AND n.kind <> 'return')
        AND NOT EXISTS (SELECT 1 FROM loan_entries n WHERE n.member_id = o.member_id AND n.stands_for = o.id)
    ORDER BY o.at, o.id LIMIT $5
) e
LEFT JOIN transfers t ON t.member_id = e.member_id AND t.id = e.source_id
LEFT JOIN repayments r ON r.member_id = e.member_id AND r.id = e.source_id
ORDER BY e.at, e.id;

-- name: first_booked
-- Since when there are statements to read: since the first booking, or since the account was opened. Not by what was
-- entered wrongly, and by nothing from before the first wish was accepted: ids are in order of time.
SELECT least((
    SELECT min(e.effective_on) FROM loan_entries e
    WHERE e.house = $1 AND e.kind <> 'withdrawal' AND e.effective_on >= coalesce((
        SELECT min((f.accepted_at AT TIME ZONE interval '+09:00')::date) FROM (
            (SELECT accepted_at FROM transfers ORDER BY id LIMIT 1)
            UNION ALL
            (SELECT accepted_at FROM repayments ORDER BY id LIMIT 1)) AS f), '-infinity')
        AND NOT EXISTS (
            SELECT 1 FROM loan_entries n WHERE n.member_id = e.member_id AND n.takes_back = e.id AND n.kind <> 'return')
        AND NOT EXISTS (SELECT 1 FROM loan_entries n WHERE n.member_id = e.member_id AND n.stands_for = e.id)
), (SELECT opened_on FROM account_openings WHERE bank = $2 AND confirmed_at IS NOT NULL)) AS day;

-- name: house_postings
-- What the house moved on the bank's settlement account, effective on a day: fundings, and what was set aside. The nil
-- member is written out, so that the index of the house's postings serves every plan.
SELECT id, journal, debit, credit, amount, effective_on FROM postings
WHERE member_id = '00000000-0000-0000-0000-000000000000' AND effective_on = $2 AND $1 IN (debit, credit)
ORDER BY recorded_at, id;

-- name: named_lines
-- What the house's postings of a day say of lines' names: they move no cash.
SELECT id, journal, debit, credit, amount, effective_on, source FROM postings
WHERE member_id = '00000000-0000-0000-0000-000000000000' AND effective_on = $2
    AND 'unidentified' IN (debit, credit) AND $1 NOT IN (debit, credit) AND source ->> 'bank' = $3
ORDER BY recorded_at, id;

-- name: kept_lines
-- The next lines of a day, after this one.
SELECT * FROM statement_lines WHERE bank = $1 AND day = $2 AND line_no > $3 ORDER BY line_no LIMIT $4;

-- name: lines_elsewhere
SELECT * FROM statement_lines WHERE bank = $1 AND day <> $2 AND reference = ANY($3::text[]) ORDER BY day, line_no;

-- name: keep_lines
-- A line that is kept stays as it was read.
INSERT INTO statement_lines (
    bank, day, line_no, bank_id, direction, amount, booked_at, value_date, reference, is_return, read_at)
SELECT $1, $2, l.line_no, l.bank_id, l.direction, l.amount, l.booked_at, l.value_date, l.reference, l.is_return, $3
FROM jsonb_to_recordset($4) AS l (
    line_no integer, bank_id text, direction text, amount bigint, booked_at timestamptz, value_date date,
    reference text, is_return boolean)
ON CONFLICT (bank, day, line_no) DO NOTHING;
