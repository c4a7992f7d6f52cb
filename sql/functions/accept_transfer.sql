-- Accept a transfer: the reservation, the row, the idempotency key and the first event, in one step.
-- Called again with the same p_id after a lost commit it answers 'accepted' again.
-- result: accepted | replayed | key_reused | account_not_registered | suspended | overdue | credit_short
CREATE OR REPLACE FUNCTION accept_transfer(
    p_member uuid, p_id uuid, p_key text, p_fingerprint bytea, p_account uuid, p_reference text,
    p_amount bigint, p_now timestamptz, p_due_at timestamptz, p_send_now boolean,
    p_lease_s double precision, p_owner text, p_request_id text, p_step uuid
) RETURNS TABLE (result text, transfer transfers)
LANGUAGE plpgsql AS $$
DECLARE
    v_clock timestamptz := clock_timestamp();
    v_key idempotency_keys;
    v_account accounts;
    v_member members;
    v_loan loans;
    v_sends boolean;
    v_state text;
    v_event_no bigint;
BEGIN
    SELECT * INTO v_key FROM idempotency_keys k WHERE k.member_id = p_member AND k.key = p_key;
    IF v_key.resource_id IS NULL THEN
        -- The loan row serialises the member's accepts, so the key is looked at again behind it.
        SELECT * INTO v_loan FROM loans l WHERE l.member_id = p_member FOR UPDATE;
        SELECT * INTO v_key FROM idempotency_keys k WHERE k.member_id = p_member AND k.key = p_key;
    END IF;
    IF v_key.resource_id IS NOT NULL THEN
        RETURN QUERY
            SELECT CASE WHEN v_key.fingerprint <> p_fingerprint THEN 'key_reused'
                        WHEN t.id = p_id THEN 'accepted'
                        ELSE 'replayed' END, t
            FROM transfers t WHERE t.member_id = p_member AND t.id = v_key.resource_id;
        RETURN;
    END IF;

    SELECT * INTO v_account FROM accounts a
    WHERE a.member_id = p_member AND a.id = p_account AND a.removed_at IS NULL;
    SELECT * INTO v_member FROM members m WHERE m.member_id = p_member;
    result := CASE
        WHEN v_account.id IS NULL THEN 'account_not_registered'
        WHEN v_member.status IS DISTINCT FROM 'active' THEN 'suspended'
        WHEN v_loan.advances_stopped THEN 'overdue'
        WHEN (v_loan.credit_limit - v_loan.principal - v_loan.reserved >= p_amount) IS NOT TRUE
            THEN 'credit_short'
        ELSE 'accepted' END;
    IF result <> 'accepted' THEN
        RETURN NEXT;
        RETURN;
    END IF;

    v_sends := p_send_now AND NOT EXISTS (
        SELECT 1 FROM bank_stops s WHERE s.released_at IS NULL AND s.bank IN (v_account.bank, '*'));
    v_state := CASE WHEN v_sends THEN 'submitting' ELSE 'scheduled' END;
    UPDATE loans l SET reserved = l.reserved + p_amount, event_no = l.event_no + 1, version = l.version + 1
    WHERE l.member_id = p_member RETURNING l.event_no INTO v_event_no;
    INSERT INTO idempotency_keys (member_id, key, fingerprint, resource_id, accepted_at)
    VALUES (p_member, p_key, p_fingerprint, p_id, p_now);
    INSERT INTO transfers (
        member_id, id, account_id, bank, reference, amount, branch, type, number, holder, remitter,
        request_id, accepted_at, state, attempt, step, due_at, give_up_at, lease_owner, lease_until
    ) VALUES (
        p_member, p_id, p_account, v_account.bank, p_reference, p_amount, v_account.branch,
        v_account.type, v_account.number, v_account.holder, v_member.sender_name, p_request_id, p_now,
        v_state, CASE WHEN v_sends THEN 1 ELSE 0 END, p_step, p_due_at, p_due_at + interval '24 hours',
        CASE WHEN v_sends THEN p_owner END,
        CASE WHEN v_sends THEN v_clock + make_interval(secs => p_lease_s) END
    ) RETURNING * INTO transfer;
    INSERT INTO events (member_id, no, transfer_id, kind, data, at)
    VALUES (p_member, v_event_no, p_id, 'transfer.accepted',
            jsonb_build_object('state', v_state, 'amount', p_amount), p_now);
    RETURN NEXT;
END $$;
