-- Move a transfer from the state that was read to the row that the domain decided, with what it changes on the loan
-- and the bank call that led to it. Writes nothing when the row has moved since, or when the loan has moved on which
-- the bookings were worked out. Idempotent by p_step, so that a lost commit is answered by calling it again.
-- What people decide of it (sent again, rejected), and giving it up because its senders died, is refused while a file
-- that the bank has, or may still get, names it: the file would pay what is paid again, or denied. No bank call led to
-- such a decision. A file at rest stays at rest, so that nothing can come between this look and the commit.
-- What two people had said of it is taken back only by an item that two people closed, and only as long as no statement
-- of the bank has what they would deny; nor is anything sent again that a statement has.
-- result: moved | stale | in_file | stated | loan_moved
CREATE OR REPLACE FUNCTION record_transfer(
    p_member uuid, p_id uuid, p_state text, p_fence bigint, p_step uuid, p_now timestamptz,
    p_row jsonb, p_reserved bigint, p_events jsonb, p_bookings jsonb, p_reviews jsonb, p_call jsonb
) RETURNS TABLE (result text)
LANGUAGE plpgsql AS $$
DECLARE
    v_is_named boolean := as_member(p_member);
    v_old transfers;
    v_new transfers;
    v_takes_back boolean;
    v_denies text;
BEGIN
    SELECT * INTO v_old FROM transfers t WHERE t.member_id = p_member AND t.id = p_id FOR UPDATE;
    v_takes_back := (v_old.state = 'settled' AND p_row ->> 'state' = 'review')
        OR (v_old.state = 'returned' AND p_row ->> 'state' = 'settled')
        OR (v_old.state = 'rejected' AND p_row ->> 'state' = 'review'
            AND p_row ->> 'reason' IS DISTINCT FROM 'booked_late');
    v_denies := CASE
        WHEN v_takes_back AND v_old.state = 'returned' THEN 'in'
        WHEN v_takes_back AND v_old.state = 'settled' THEN 'out'
        WHEN v_old.state = 'review' AND p_row ->> 'state' = 'scheduled' THEN 'out' END;
    result := CASE
        WHEN v_old.step = p_step THEN 'moved'
        WHEN (v_old.state = p_state AND v_old.fence = p_fence) IS NOT TRUE THEN 'stale'
        WHEN v_takes_back AND NOT EXISTS (
            SELECT 1 FROM review_items r
            WHERE r.member_id = p_member AND r.transfer_id = p_id AND r.kind = 'decision_wrong'
                AND r.state = 'closed' AND r.acted_at IS NULL) THEN 'stale'
        WHEN v_denies IS NOT NULL AND EXISTS (
            SELECT 1 FROM statement_lines s
            WHERE s.reference = v_old.reference AND s.bank = v_old.bank AND s.direction = v_denies) THEN 'stated'
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
        file_id = v_new.file_id, decided_by = v_new.decided_by, returned_by = v_new.returned_by,
        lease_owner = CASE WHEN v_new.state = 'submitting' THEN t.lease_owner END,
        lease_until = CASE WHEN v_new.state = 'submitting' THEN t.lease_until END
    WHERE t.member_id = p_member AND t.id = p_id AND t.state = p_state AND t.fence = p_fence;
    PERFORM book_on_loan(p_member, p_id, NULL, p_now, p_reserved, p_events, p_bookings, p_reviews);
    PERFORM keep_call(p_member, p_id, NULL, p_step, p_call);
    result := 'moved';
    RETURN NEXT;
END $$;
