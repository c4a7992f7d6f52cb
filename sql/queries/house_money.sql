-- name: propose_rule
-- With the operator's act on record, in one statement.
WITH proposed AS (
    INSERT INTO standing_rules (
        id, bank, kind, counterparty, line_text, amount_min, amount_max, note, proposed_by, proposed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (id) DO NOTHING RETURNING *
), audited AS (
    INSERT INTO operator_actions (id, at, operator, action, details)
    SELECT p.id, $10, $9, 'rule_propose', to_jsonb(p) - 'counterparty' FROM proposed AS p
)
SELECT * FROM proposed;

-- name: approve_rule
-- By somebody else: of two at once, one approves it.
WITH approved AS (
    UPDATE standing_rules SET approved_by = $2, approved_at = $3
    WHERE id = $1 AND approved_at IS NULL AND removed_at IS NULL
        AND person(proposed_by) <> person($2)
    RETURNING *
), audited AS (
    INSERT INTO operator_actions (id, at, operator, action, details)
    SELECT $4, $3, $2, 'rule_approve', jsonb_build_object(
        'rule', a.id, 'bank', a.bank, 'kind', a.kind, 'note', $5::text, 'proposed_by', a.proposed_by)
    FROM approved AS a
)
SELECT * FROM approved;

-- name: remove_rule
-- One operator is enough: lines are looked at by people again.
WITH removed AS (
    UPDATE standing_rules SET removed_by = $2, removed_at = $3 WHERE id = $1 AND removed_at IS NULL
    RETURNING *
), audited AS (
    INSERT INTO operator_actions (id, at, operator, action, details)
    SELECT $4, $3, $2, 'rule_remove', jsonb_build_object(
        'rule', r.id, 'bank', r.bank, 'kind', r.kind, 'note', $5::text)
    FROM removed AS r
)
SELECT * FROM removed;

-- name: rules
-- What is proposed or holds; with $1 also what was removed.
SELECT * FROM standing_rules WHERE removed_at IS NULL OR $1::boolean ORDER BY proposed_at, id;

-- name: rules_of
SELECT * FROM standing_rules WHERE bank = $1 AND approved_at IS NOT NULL AND removed_at IS NULL ORDER BY approved_at, id;

-- name: propose_opening
-- May be proposed anew until somebody has confirmed it.
WITH proposed AS (
    INSERT INTO account_openings AS o (bank, opened_on, balance, note, proposed_by, proposed_at)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (bank) DO UPDATE SET opened_on = $2, balance = $3, note = $4, proposed_by = $5, proposed_at = $6,
        wrong_by = NULL, withdrawn_by = NULL
    WHERE o.confirmed_at IS NULL
    RETURNING *
), audited AS (
    INSERT INTO operator_actions (id, at, operator, action, details)
    SELECT $7, $6, $5, 'opening_propose', jsonb_build_object(
        'bank', p.bank, 'number', p.number, 'opened_on', p.opened_on, 'balance', p.balance, 'note', p.note)
    FROM proposed AS p
)
SELECT * FROM proposed;

-- name: confirm_opening
-- By somebody else, and exactly what was proposed; the posting that books it ($6, if any) in the same statement. Where
-- one was taken back before, the days are run again that were left unread for it.
WITH confirmed AS (
    UPDATE account_openings SET confirmed_by = $2, confirmed_at = $3
    WHERE bank = $1 AND confirmed_at IS NULL AND withdrawn_by IS NULL AND opened_on = $4 AND balance = $5
        AND number = $9 AND person(proposed_by) <> person($2)
    RETURNING *
), posted AS (
    INSERT INTO postings (member_id, id, journal, debit, credit, amount, effective_on, recorded_at, source)
    SELECT '00000000-0000-0000-0000-000000000000'::uuid, p.id, p.journal, p.debit, p.credit, p.amount, p.effective_on,
        $3, p.source
    FROM confirmed, jsonb_to_recordset($6) AS p (
        id uuid, journal uuid, debit text, credit text, amount bigint, effective_on date, source jsonb)
    ON CONFLICT (member_id, id) DO NOTHING
), again AS (
    UPDATE daily_runs AS d SET state = CASE WHEN d.state = 'done' THEN 'failed' ELSE d.state END,
        tries = CASE WHEN d.state = 'done' THEN 0 ELSE d.tries END, next_at = $3
    FROM confirmed AS c
    WHERE d.name = 'reconcile' AND d.bank = c.bank AND d.state IN ('done', 'running')
        AND d.day BETWEEN c.opened_on AND greatest(c.opened_on, c.was_opened_on) AND c.number > 0
), audited AS (
    INSERT INTO operator_actions (id, at, operator, action, details)
    SELECT $7, $3, $2, 'opening_confirm', jsonb_build_object(
        'bank', c.bank, 'number', c.number, 'opened_on', c.opened_on, 'balance', c.balance, 'note', $8::text,
        'proposed_by', c.proposed_by)
    FROM confirmed AS c
)
SELECT * FROM confirmed;

-- name: propose_withdrawal
-- Of exactly the opening that was read; may be proposed anew until somebody has confirmed it.
WITH proposed AS (
    UPDATE account_openings SET wrong_by = $3 WHERE bank = $1 AND number = $2 AND confirmed_at IS NOT NULL
    RETURNING *
), audited AS (
    INSERT INTO operator_actions (id, at, operator, action, details)
    SELECT $5, $4, $3, 'opening_withdraw_propose', jsonb_build_object(
        'bank', p.bank, 'number', p.number, 'opened_on', p.opened_on, 'balance', p.balance, 'note', $6::text)
    FROM proposed AS p
)
SELECT * FROM proposed;

-- name: confirm_withdrawal
-- By somebody else; the posting that takes it back ($5, if any) in the same statement.
WITH known AS (
    SELECT * FROM account_openings WHERE bank = $1 FOR UPDATE
), withdrawn AS (
    UPDATE account_openings AS o SET confirmed_by = NULL, confirmed_at = NULL, withdrawn_by = $3,
        number = o.number + 1, was_opened_on = greatest(o.was_opened_on, o.opened_on)
    FROM known AS k
    WHERE o.bank = k.bank AND o.number = $2 AND o.confirmed_at IS NOT NULL AND person(o.wrong_by) <> person($3)
    RETURNING o.*
), posted AS (
    INSERT INTO postings (member_id, id, journal, debit, credit, amount, effective_on, recorded_at, source)
    SELECT '00000000-0000-0000-0000-000000000000'::uuid, p.id, p.journal, p.debit, p.credit, p.amount, p.effective_on,
        $4, p.source
    FROM withdrawn, jsonb_to_recordset($5) AS p (
        id uuid, journal uuid, debit text, credit text, amount bigint, effective_on date, source jsonb)
    ON CONFLICT (member_id, id) DO NOTHING
), audited AS (
    INSERT INTO operator_actions (id, at, operator, action, details)
    SELECT $6, $4, $3, 'opening_withdraw_confirm', jsonb_build_object(
        'bank', w.bank, 'number', k.number, 'opened_on', w.opened_on, 'balance', w.balance, 'note', $7::text,
        'proposed_by', w.wrong_by, 'said_by', k.proposed_by, 'said_too_by', k.confirmed_by)
    FROM withdrawn AS w, known AS k
)
SELECT * FROM withdrawn;

-- name: opening_of
SELECT * FROM account_openings WHERE bank = $1;

-- name: note_day
INSERT INTO settlement_days AS d (bank, day, moved, stated_before, stated_after, read_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (bank, day) DO UPDATE SET moved = $3, stated_before = $4, stated_after = $5, read_at = $6
RETURNING day;

-- name: days_since
-- One row a day.
SELECT day, moved, read_at FROM settlement_days WHERE bank = $1 AND day >= $2 ORDER BY day;

-- name: first_moved
-- The first day on which anything but an opening moved on a settlement account, the day of the first wish that may move
-- something there, and whether fundings were typed in before there were openings.
SELECT min(effective_on) AS first_on, coalesce(bool_or('funding' IN (debit, credit)), FALSE) AS was_funded_by_hand,
    (SELECT (min(w.accepted_at) AT TIME ZONE interval '+09:00')::date FROM (
        SELECT accepted_at FROM transfers WHERE bank = $2
        UNION ALL
        SELECT accepted_at FROM repayments WHERE bank = $2) AS w) AS first_wish_on
FROM postings WHERE $1 IN (debit, credit) AND 'opening' NOT IN (debit, credit);

-- name: say_statement
-- With the operator's act on record, in one statement.
WITH said AS (
    INSERT INTO statement_words (id, bank, day, lines, digest, said_by, said_at, note)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (id) DO NOTHING RETURNING *
), audited AS (
    INSERT INTO operator_actions (id, at, operator, action, details)
    SELECT s.id, s.said_at, s.said_by, 'statement_accept', jsonb_build_object(
        'bank', s.bank, 'day', s.day, 'lines', s.lines, 'digest', encode(s.digest, 'hex'), 'note', s.note)
    FROM said AS s
)
SELECT id FROM said;

-- name: words_of
SELECT lines, digest FROM statement_words WHERE bank = $1 AND day = $2 ORDER BY said_at DESC, id DESC;
