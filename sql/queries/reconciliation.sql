-- name: transfers
SELECT * FROM transfers WHERE reference = ANY($2::text[]) AND bank = $1;

-- name: repayments
SELECT * FROM repayments WHERE reference = ANY($2::text[]) AND bank = $1;

-- name: movements
-- What was booked on the bank's settlement account on a day, and for the transfers and repayments that are named, on
-- any day; with what the ledger moved on that account for each.
WITH wanted AS (
    SELECT e.member_id, e.id FROM loan_entries e WHERE e.house = $1 AND e.effective_on = $2
    UNION
    SELECT e.member_id, e.id FROM unnest($3::uuid[], $4::uuid[]) AS k (member_id, source_id)
    JOIN loan_entries e ON e.member_id = k.member_id AND e.source_id = k.source_id AND e.house = $1
)
SELECT e.member_id, e.id, e.kind, e.amount, e.effective_on, coalesce(t.reference, r.reference) AS reference,
    -- Of an entry that stands in another's place the journal holds the difference only; ledger-verify proves those.
    e.takes_back IS NOT NULL AND e.kind <> 'return' AS is_anew, (
    SELECT coalesce(sum(CASE WHEN p.debit = $1 THEN p.amount ELSE -p.amount END), 0)::bigint FROM postings p
    WHERE p.member_id = e.member_id AND p.journal = e.journal AND $1 IN (p.debit, p.credit)
) AS posted
FROM wanted w
JOIN loan_entries e ON e.member_id = w.member_id AND e.id = w.id
LEFT JOIN transfers t ON t.member_id = e.member_id AND t.id = e.source_id
LEFT JOIN repayments r ON r.member_id = e.member_id AND r.id = e.source_id
WHERE e.kind <> 'withdrawal' AND NOT EXISTS (
    SELECT 1 FROM loan_entries n WHERE n.member_id = e.member_id AND n.takes_back = e.id AND n.kind <> 'return')
ORDER BY e.at, e.id;

-- name: first_booked
SELECT min(effective_on) AS day FROM loan_entries WHERE house = $1;

-- name: house_postings
-- What the house moved on the bank's settlement account, effective on a day: fundings, and what was set aside.
SELECT id, journal, debit, credit, amount, effective_on FROM postings
WHERE member_id = $3 AND effective_on = $2 AND $1 IN (debit, credit) ORDER BY recorded_at, id;

-- name: kept_lines
SELECT * FROM statement_lines WHERE bank = $1 AND day = $2 ORDER BY line_no;

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
