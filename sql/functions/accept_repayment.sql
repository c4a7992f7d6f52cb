-- Accept a repayment: the row, the idempotency key and the first event, in one step. Nothing leaves before it.
-- Called again with the same p_id after a lost commit it answers 'accepted' again.
-- The amount was worked out from the loan at p_loan_version: when that has moved, nothing is written (loan_moved). A stop
-- of the bank binds from its commit (stopped).
-- p_row: what the row holds beside the keys and the state; gateway/store/repayments.py writes it.
-- result: accepted | replayed | key_reused | loan_moved | stopped
CREATE OR REPLACE FUNCTION accept_repayment(
    p_member uuid, p_id uuid, p_key text, p_fingerprint bytea, p_loan_version bigint, p_now timestamptz,
    p_step uuid, p_row jsonb
) RETURNS TABLE (result text, repayment repayments)
LANGUAGE plpgsql AS $$
DECLARE
    v_key idempotency_keys;
    v_loan loans;
    v_new repayments;
    v_event_no bigint;
BEGIN
    SELECT * INTO v_key FROM idempotency_keys k WHERE k.member_id = p_member AND k.key = p_key;
    IF v_key.resource_id IS NULL THEN
        -- The loan row serialises the member's accepts, so the key is looked at again behind it.
        SELECT * INTO v_loan FROM loans l WHERE l.member_id = p_member FOR UPDATE;
        SELECT * INTO v_key FROM idempotency_keys k WHERE k.member_id = p_member AND k.key = p_key;
    END IF;
    IF v_key.resource_id IS NOT NULL THEN
        SELECT * INTO repayment FROM repayments r WHERE r.member_id = p_member AND r.id = v_key.resource_id;
        result := CASE WHEN v_key.fingerprint <> p_fingerprint THEN 'key_reused'
                       WHEN repayment.id = p_id THEN 'accepted'
                       ELSE 'replayed' END;
        RETURN NEXT;
        RETURN;
    END IF;

    SELECT * INTO v_new FROM jsonb_populate_record(NULL::repayments, p_row);
    result := CASE
        WHEN v_loan.version IS DISTINCT FROM p_loan_version THEN 'loan_moved'
        WHEN EXISTS (
            SELECT 1 FROM bank_stops s WHERE s.released_at IS NULL AND s.bank IN (v_new.bank, '*')
                AND (s.ends_at IS NULL OR (s.begins_at <= greatest(p_now, s.held_at) AND p_now < s.ends_at))) THEN 'stopped'
        ELSE 'accepted' END;
    IF result <> 'accepted' THEN
        RETURN NEXT;
        RETURN;
    END IF;

    UPDATE loans l SET event_no = l.event_no + 1, version = l.version + 1
    WHERE l.member_id = p_member RETURNING l.event_no INTO v_event_no;
    INSERT INTO idempotency_keys (member_id, key, fingerprint, resource_id, accepted_at)
    VALUES (p_member, p_key, p_fingerprint, p_id, p_now);
    INSERT INTO repayments (
        member_id, id, bank, reference, kind, amount, description, return_url, quote_id, request_id, accepted_at,
        expires_at, state, step, start_at, start_until, starts, inquire_at, watch_until
    ) VALUES (
        p_member, p_id, v_new.bank, v_new.reference, v_new.kind, v_new.amount, v_new.description, v_new.return_url,
        v_new.quote_id, v_new.request_id, p_now, v_new.expires_at, 'created', p_step, v_new.start_at,
        v_new.start_until, 1, v_new.inquire_at, v_new.watch_until
    ) RETURNING * INTO repayment;
    INSERT INTO events (member_id, no, repayment_id, kind, data, at)
    VALUES (p_member, v_event_no, p_id, 'repayment.accepted',
            jsonb_build_object('state', 'created', 'kind', v_new.kind, 'amount', v_new.amount), p_now);
    RETURN NEXT;
END $$;
