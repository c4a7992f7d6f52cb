-- Move a repayment from the state that was read to the row that the domain decided, with what it changes on the loan
-- and the bank call that led to it. Writes nothing when the row has moved since, or when the loan has moved from which
-- the booking was worked out. Idempotent by p_step, so that a lost commit is answered by calling it again.
-- What two people had said of it is taken back only by an item that two people closed, and only as long as no statement
-- of the bank has it.
-- result: moved | stale | stated | loan_moved
CREATE OR REPLACE FUNCTION record_repayment(
    p_member uuid, p_id uuid, p_state text, p_fence bigint, p_step uuid, p_now timestamptz,
    p_row jsonb, p_events jsonb, p_bookings jsonb, p_reviews jsonb, p_call jsonb
) RETURNS TABLE (result text)
LANGUAGE plpgsql AS $$
DECLARE
    v_is_named boolean := as_member(p_member);
    v_old repayments;
    v_new repayments;
    v_takes_back boolean;
BEGIN
    SELECT * INTO v_old FROM repayments r WHERE r.member_id = p_member AND r.id = p_id FOR UPDATE;
    v_takes_back := v_old.state = 'settled' AND p_row ->> 'state' <> 'settled';
    result := CASE
        WHEN v_old.step = p_step THEN 'moved'
        WHEN (v_old.state = p_state AND v_old.fence = p_fence) IS NOT TRUE THEN 'stale'
        WHEN v_takes_back AND NOT EXISTS (
            SELECT 1 FROM review_items i
            WHERE i.member_id = p_member AND i.repayment_id = p_id AND i.kind = 'decision_wrong'
                AND i.state = 'closed' AND i.acted_at IS NULL) THEN 'stale'
        WHEN v_takes_back AND EXISTS (
            SELECT 1 FROM statement_lines s
            WHERE s.reference = v_old.reference AND s.bank = v_old.bank AND s.direction = 'in') THEN 'stated'
        WHEN p_bookings <> '[]'::jsonb AND NOT loan_fits(p_member, p_bookings) THEN 'loan_moved'
        END;
    IF result IS NOT NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT * INTO v_new FROM jsonb_populate_record(NULL::repayments, p_row);
    UPDATE repayments r SET
        state = v_new.state, fence = r.fence + 1, step = p_step, start_at = v_new.start_at,
        redirect = v_new.redirect, inquire_at = v_new.inquire_at, inquiries = v_new.inquiries,
        inquired_at = v_new.inquired_at, is_answered_finally = v_new.is_answered_finally,
        bank_id = v_new.bank_id, reason = v_new.reason, settled_at = v_new.settled_at,
        paid_amount = v_new.paid_amount, ended_at = v_new.ended_at, decided_by = v_new.decided_by
    WHERE r.member_id = p_member AND r.id = p_id AND r.state = p_state AND r.fence = p_fence;
    PERFORM book_on_loan(p_member, NULL, p_id, p_now, 0, p_events, p_bookings, p_reviews);
    PERFORM keep_call(p_member, NULL, p_id, p_step, p_call);
    result := 'moved';
    RETURN NEXT;
END $$;
