-- Move a transfer from the state that was read to the row that the domain decided, with what it changes on the loan
-- and the bank call that led to it. Writes nothing when the row has moved since, or when the loan has moved on which
-- the bookings were worked out. Idempotent by p_step, so that a lost commit is answered by calling it again.
-- What people decide of it (sent again, rejected), and giving it up because its senders died, is refused while a file
-- that the bank has, or may still get, names it: the file would pay what is paid again, or denied. No bank call led to
-- such a decision. A file at rest stays at rest, so that nothing can come between this look and the commit.
-- result: moved | stale | in_file | loan_moved
CREATE OR REPLACE FUNCTION record_transfer(
    p_member uuid, p_id uuid, p_state text, p_fence bigint, p_step uuid, p_now timestamptz,
    p_row jsonb, p_reserved bigint, p_events jsonb, p_bookings jsonb, p_reviews jsonb, p_call jsonb
) RETURNS TABLE (result text)
LANGUAGE plpgsql AS $$
DECLARE
    v_old transfers;
    v_new transfers;
BEGIN
    SELECT * INTO v_old FROM transfers t WHERE t.member_id = p_member AND t.id = p_id FOR UPDATE;
    result := CASE
        WHEN v_old.step = p_step THEN 'moved'
        WHEN (v_old.state = p_state AND v_old.fence = p_fence) IS NOT TRUE THEN 'stale'
        WHEN p_call IS NULL AND (
            (v_old.state = 'review' AND p_row ->> 'state' IN ('scheduled', 'rejected'))
            OR (v_old.state = 'submitting' AND p_row ->> 'state' = 'review' AND p_row ->> 'reason' = 'sender_crashed')
        ) AND EXISTS (
            SELECT 1 FROM bank_files f
            WHERE f.bank = v_old.bank AND (f.file_id = v_old.file_id OR f.next_at IS NOT NULL)
                AND f.state IN ('stored', 'accepted')
                AND f.items @> jsonb_build_array(jsonb_build_array(v_old.reference))) THEN 'in_file'
        WHEN p_bookings <> '[]'::jsonb AND NOT loan_fits(p_member, p_bookings) THEN 'loan_moved'
        END;
    IF result IS NOT NULL THEN
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT * INTO v_new FROM jsonb_populate_record(NULL::transfers, p_row);
    UPDATE transfers t SET
        state = v_new.state, fence = t.fence + 1, step = p_step, unclear = v_new.unclear,
        tries = v_new.tries, crashes = v_new.crashes, due_at = v_new.due_at,
        give_up_at = v_new.give_up_at, inquire_at = v_new.inquire_at, inquiries = v_new.inquiries,
        inquired_at = v_new.inquired_at, attempt_over_at = v_new.attempt_over_at,
        unresolved_since = v_new.unresolved_since, settled_at = v_new.settled_at,
        returned_at = v_new.returned_at, bank_id = v_new.bank_id, reason = v_new.reason,
        file_id = v_new.file_id,
        lease_owner = CASE WHEN v_new.state = 'submitting' THEN t.lease_owner END,
        lease_until = CASE WHEN v_new.state = 'submitting' THEN t.lease_until END
    WHERE t.member_id = p_member AND t.id = p_id AND t.state = p_state AND t.fence = p_fence;
    PERFORM book_on_loan(p_member, p_id, NULL, p_now, p_reserved, p_events, p_bookings, p_reviews);
    PERFORM keep_call(p_member, p_id, NULL, p_step, p_call);
    result := 'moved';
    RETURN NEXT;
END $$;
