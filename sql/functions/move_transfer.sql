-- Move a transfer from the state that was read to the row that the domain decided, with the events, the
-- postings and the bank call that led to it. Writes nothing when the row has moved since.
-- Idempotent by p_step, so that a lost commit is answered by calling it again.
-- result: moved | stale
CREATE OR REPLACE FUNCTION move_transfer(
    p_member uuid, p_id uuid, p_state text, p_fence bigint, p_step uuid, p_now timestamptz,
    p_row jsonb, p_reserved bigint, p_events jsonb, p_postings jsonb, p_call jsonb
) RETURNS TABLE (result text)
LANGUAGE plpgsql AS $$
DECLARE
    v_new transfers;
    v_old_step uuid;
    v_principal bigint;
    v_suspense bigint;
    v_last_no bigint;
BEGIN
    SELECT * INTO v_new FROM jsonb_populate_record(NULL::transfers, p_row);
    UPDATE transfers t SET
        state = v_new.state, fence = t.fence + 1, step = p_step, unclear = v_new.unclear,
        tries = v_new.tries, crashes = v_new.crashes, due_at = v_new.due_at,
        give_up_at = v_new.give_up_at, inquire_at = v_new.inquire_at, inquiries = v_new.inquiries,
        inquired_at = v_new.inquired_at, attempt_over_at = v_new.attempt_over_at,
        unresolved_since = v_new.unresolved_since, settled_at = v_new.settled_at,
        returned_at = v_new.returned_at, bank_id = v_new.bank_id, reason = v_new.reason,
        -- A version of the gateway that knows no files does not write this one.
        file_id = CASE WHEN p_row ? 'file_id' THEN v_new.file_id ELSE t.file_id END,
        lease_owner = CASE WHEN v_new.state = 'submitting' THEN t.lease_owner END,
        lease_until = CASE WHEN v_new.state = 'submitting' THEN t.lease_until END
    WHERE t.member_id = p_member AND t.id = p_id AND t.state = p_state AND t.fence = p_fence;
    IF NOT FOUND THEN
        SELECT t.step INTO v_old_step FROM transfers t WHERE t.member_id = p_member AND t.id = p_id;
        result := CASE WHEN v_old_step = p_step THEN 'moved' ELSE 'stale' END;
        RETURN NEXT;
        RETURN;
    END IF;

    IF p_events <> '[]'::jsonb OR p_postings <> '[]'::jsonb OR p_reserved <> 0 THEN
        SELECT coalesce(sum(CASE WHEN p.debit = 'principal' THEN p.amount
                                 WHEN p.credit = 'principal' THEN -p.amount END), 0),
               coalesce(sum(CASE WHEN p.credit = 'suspense' THEN p.amount
                                 WHEN p.debit = 'suspense' THEN -p.amount END), 0)
        INTO v_principal, v_suspense
        FROM jsonb_to_recordset(p_postings) AS p (debit text, credit text, amount bigint);
        UPDATE loans l SET reserved = l.reserved + p_reserved, principal = l.principal + v_principal,
            suspense = l.suspense + v_suspense, version = l.version + 1,
            event_no = l.event_no + jsonb_array_length(p_events)
        WHERE l.member_id = p_member RETURNING l.event_no INTO v_last_no;
        INSERT INTO events (member_id, no, transfer_id, kind, data, at)
        SELECT p_member, v_last_no - jsonb_array_length(p_events) + e.position, p_id,
               e.event ->> 'kind', e.event -> 'data', p_now
        FROM jsonb_array_elements(p_events) WITH ORDINALITY AS e (event, position);
        INSERT INTO postings (member_id, id, journal, transfer_id, debit, credit, amount, effective_on, recorded_at)
        SELECT p_member, p.id, p.journal, p_id, p.debit, p.credit, p.amount, p.effective_on, p_now
        FROM jsonb_to_recordset(p_postings) AS p (
            id uuid, journal uuid, debit text, credit text, amount bigint, effective_on date);
    END IF;
    IF p_call IS NOT NULL THEN
        INSERT INTO bank_attempts (
            member_id, id, transfer_id, operation, attempt, started_at, ended_at, outcome, code,
            request_sha256, answer_sha256)
        SELECT p_member, p_step, p_id, c.operation, c.attempt, c.started_at, c.ended_at, c.outcome, c.code,
               c.request_sha256, c.answer_sha256
        FROM jsonb_to_record(p_call) AS c (
            operation text, attempt integer, started_at timestamptz, ended_at timestamptz, outcome text,
            code text, request_sha256 text, answer_sha256 text);
    END IF;
    result := 'moved';
    RETURN NEXT;
END $$;
