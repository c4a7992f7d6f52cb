-- What a money step writes on the member's loan: the balances, the entries with their postings, the events and what
-- people have to look at. A part of record_transfer, record_repayment and record_entry, which move their own row first:
--     IF NOT loan_fits(p_member, p_bookings) THEN … 'loan_moved', nothing written … END IF;
--     UPDATE … own row …;
--     PERFORM book_on_loan(p_member, p_transfer, p_repayment, p_now, p_reserved, p_events, p_bookings, p_reviews);
-- The own row is locked (SELECT … FOR UPDATE) and tested before loan_fits: own row first, loan row second.
-- p_transfer, p_repayment: what it is about, either or none. p_reserved: by how much the reservation changes.
-- p_bookings: gateway/store/bookings.py writes it; '[]' books nothing. Nothing here refuses money.
-- Days look different now, and are reconciled once more: those whose lines were set aside because this transfer or
-- repayment was not booked, and those that a new item names (reads): a bank that may have booked on that day.
CREATE OR REPLACE FUNCTION book_on_loan(
    p_member uuid, p_transfer uuid, p_repayment uuid, p_now timestamptz, p_reserved bigint,
    p_events jsonb, p_bookings jsonb, p_reviews jsonb
) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    v_events bigint := jsonb_array_length(p_events);
    v_books boolean := p_bookings <> '[]'::jsonb;
    v_due_on date := (p_bookings -> -1 ->> 'due_on')::date;
    v_due_known boolean := coalesce((p_bookings -> -1 ->> 'is_due_known')::boolean, TRUE);
    v_principal bigint;
    v_suspense bigint;
    v_last_on date;
    v_last_at timestamptz;
    v_last_no bigint;
    v_raised text[];
BEGIN
    IF v_books THEN
        SELECT coalesce(sum(CASE WHEN p.debit = 'principal' THEN p.amount
                                 WHEN p.credit = 'principal' THEN -p.amount END), 0),
               coalesce(sum(CASE WHEN p.credit = 'suspense' THEN p.amount
                                 WHEN p.debit = 'suspense' THEN -p.amount END), 0)
        INTO v_principal, v_suspense
        FROM jsonb_array_elements(p_bookings) AS b (booking),
             jsonb_to_recordset(b.booking -> 'postings') AS p (debit text, credit text, amount bigint);
        SELECT b.effective_on, b.at INTO v_last_on, v_last_at
        FROM jsonb_to_recordset(p_bookings) AS b (kind text, effective_on date, at timestamptz)
        WHERE b.kind <> 'advance' ORDER BY b.effective_on DESC, b.at DESC LIMIT 1;
    END IF;
    IF v_books OR v_events > 0 OR p_reserved <> 0 THEN
        UPDATE loans l SET
            reserved = l.reserved + p_reserved, principal = l.principal + coalesce(v_principal, 0),
            suspense = l.suspense + coalesce(v_suspense, 0), version = l.version + 1,
            event_no = l.event_no + v_events,
            due_on = CASE WHEN v_books AND v_due_known THEN v_due_on ELSE l.due_on END,
            is_due_known = CASE WHEN v_books THEN v_due_known ELSE l.is_due_known END,
            last_effective_on = CASE
                WHEN (v_last_on, v_last_at) <= (l.last_effective_on, l.last_at) THEN l.last_effective_on
                ELSE coalesce(v_last_on, l.last_effective_on) END,
            last_at = CASE
                WHEN (v_last_on, v_last_at) <= (l.last_effective_on, l.last_at) THEN l.last_at
                ELSE coalesce(v_last_at, l.last_at) END
        WHERE l.member_id = p_member RETURNING l.event_no INTO v_last_no;
    END IF;
    INSERT INTO events (member_id, no, transfer_id, repayment_id, kind, data, at)
    SELECT p_member, v_last_no - v_events + e.position, p_transfer, p_repayment,
           e.event ->> 'kind', e.event -> 'data', p_now
    FROM jsonb_array_elements(p_events) WITH ORDINALITY AS e (event, position);
    IF v_books THEN
        INSERT INTO loan_entries (
            member_id, id, kind, amount, effective_on, at, house, takes_back, stands_for, source_id, bank_id, journal,
            recorded_at)
        SELECT p_member, b.id, b.kind, b.amount, b.effective_on, b.at, b.house, b.takes_back, b.stands_for, b.source_id,
               b.bank_id, b.journal, p_now
        FROM jsonb_to_recordset(p_bookings) AS b (
            id uuid, kind text, amount bigint, effective_on date, at timestamptz, house text, takes_back uuid,
            stands_for uuid, source_id uuid, bank_id text, journal uuid);
        INSERT INTO postings (
            member_id, id, journal, transfer_id, repayment_id, cause, debit, credit, amount, effective_on, recorded_at)
        SELECT p_member, p.id, (b.booking ->> 'journal')::uuid, p_transfer, p_repayment, b.booking ->> 'cause',
               p.debit, p.credit, p.amount, p.effective_on, p_now
        FROM jsonb_array_elements(p_bookings) AS b (booking),
             jsonb_to_recordset(b.booking -> 'postings') AS p (
                 id uuid, debit text, credit text, amount bigint, effective_on date);
        PERFORM run_day_again(i.bank, i.booked_on, p_now)
        FROM (SELECT DISTINCT r.bank, r.booked_on FROM review_items r
              WHERE r.member_id = p_member AND (r.transfer_id = p_transfer OR r.repayment_id = p_repayment)
                  AND r.booked_on IS NOT NULL AND r.details ? 'set_aside'
              ORDER BY r.bank, r.booked_on) AS i;
    END IF;
    IF p_reviews <> '[]'::jsonb THEN
        WITH raised AS (
            INSERT INTO review_items (
                member_id, id, key, kind, bank, booked_on, reference, amount, transfer_id, repayment_id, details,
                raised_at)
            SELECT p_member, r.id, r.key, r.kind, r.bank, r.booked_on, r.reference, r.amount, p_transfer, p_repayment,
                   r.details, p_now
            FROM jsonb_to_recordset(p_reviews) AS r (
                id uuid, key text, kind text, bank text, booked_on date, reference text, amount bigint, details jsonb)
            ON CONFLICT (member_id, key) DO NOTHING RETURNING key
        )
        SELECT array_agg(key) INTO v_raised FROM raised;
        PERFORM run_day_again(r.bank, r.day, p_now)
        FROM (SELECT DISTINCT n.bank, d.day::date AS day
              FROM jsonb_to_recordset(p_reviews) AS n (key text, bank text, reads jsonb),
                   jsonb_array_elements_text(n.reads) AS d (day)
              WHERE n.key = ANY(v_raised) ORDER BY 1, 2) AS r;
    END IF;
END $$;
