-- Take a due transfer into a file that is about to be made: claim_transfer, where the file is the unit of sending.
-- A row that names a file which does not have it, or which was never stored, was never sent. Stop, member and credit
-- state are tested again here, the stop once more when the file is stored. While a file that the bank has, or may still
-- get, names the row, no other takes it: both would be paid. It is due again in a minute, so that the others go on.
-- result: claimed | stale | in_file | stopped | suspended | overdue
CREATE OR REPLACE FUNCTION claim_item(
    p_member uuid, p_id uuid, p_fence bigint, p_now timestamptz, p_lease_s double precision,
    p_owner text, p_step uuid, p_file text
) RETURNS TABLE (result text, transfer transfers)
LANGUAGE plpgsql AS $$
DECLARE
    v_is_named boolean := as_member(p_member);
    v_clock timestamptz := clock_timestamp();
    v_transfer transfers;
    v_status text;
    v_today date := (p_now AT TIME ZONE interval '+09:00')::date;
    v_is_overdue boolean;
BEGIN
    SELECT * INTO v_transfer FROM transfers t WHERE t.member_id = p_member AND t.id = p_id FOR UPDATE;
    SELECT m.status INTO v_status FROM members m WHERE m.member_id = p_member;
    SELECT l.advances_stopped OR coalesce(l.due_on < v_today, FALSE) INTO v_is_overdue
    FROM loans l WHERE l.member_id = p_member;
    result := CASE
        WHEN v_transfer.step = p_step THEN 'claimed'
        WHEN v_transfer.state IS DISTINCT FROM 'scheduled' OR v_transfer.fence <> p_fence
            OR v_transfer.due_at > p_now THEN 'stale'
        WHEN EXISTS (
            SELECT 1 FROM bank_files f
            WHERE f.bank = v_transfer.bank AND f.next_at IS NOT NULL AND f.state IN ('stored', 'accepted')
                AND f.items @> jsonb_build_array(jsonb_build_array(v_transfer.reference))) THEN 'in_file'
        WHEN EXISTS (
            SELECT 1 FROM bank_stops s WHERE s.released_at IS NULL AND s.bank IN (v_transfer.bank, '*')
                AND (s.ends_at IS NULL OR (s.begins_at <= greatest(p_now, s.held_at) AND p_now < s.ends_at))) THEN 'stopped'
        WHEN v_status IS DISTINCT FROM 'active' THEN 'suspended'
        WHEN v_is_overdue THEN 'overdue'
        ELSE 'claimed' END;
    IF result = 'claimed' AND v_transfer.step <> p_step THEN
        UPDATE transfers t SET state = 'submitting', attempt = t.attempt + 1, fence = t.fence + 1,
            -- While it was due and nobody took it (held, a queue, no gateway) its time did not run.
            give_up_at = t.give_up_at + (p_now - t.due_at),
            file_id = p_file, step = p_step, lease_owner = p_owner, lease_until = v_clock + make_interval(secs => p_lease_s)
        WHERE t.member_id = p_member AND t.id = p_id AND t.state = 'scheduled' AND t.fence = p_fence
        RETURNING t.* INTO v_transfer;
    END IF;
    IF result = 'in_file' THEN
        UPDATE transfers t SET due_at = p_now + interval '1 minute', fence = t.fence + 1,
            give_up_at = t.give_up_at + (p_now - t.due_at) + interval '1 minute'
        WHERE t.member_id = p_member AND t.id = p_id AND t.state = 'scheduled' AND t.fence = p_fence
        RETURNING t.* INTO v_transfer;
    END IF;
    transfer := v_transfer;
    RETURN NEXT;
END $$;
