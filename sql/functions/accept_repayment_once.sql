-- Accept a repayment: the row, the idempotency key and the first event, in one step. Nothing leaves before it.
-- Called again with the same p_id after a lost commit it answers 'accepted' again.
-- The amount was worked out from the loan at p_loan_version: when that has moved, nothing is written (loan_moved). A stop
-- of the bank binds from its commit (stopped).
-- One wish is one repayment: a quote is used once (quote_used). What would pay more than p_payoff, the payoff at
-- p_loan_version, together with repayments that may still be paid, waits for them (repayment_open), unless the member
-- means it (NULL). Both are answered with the repayment that is in the way.
-- p_row: what the row holds beside the keys and the state; gateway/store/repayments.py writes it.
-- result: accepted | replayed | key_reused | quote_used | loan_moved | repayment_open | stopped
CREATE OR REPLACE FUNCTION accept_repayment_once(
    p_member uuid, p_id uuid, p_key text, p_fingerprint bytea, p_loan_version bigint, p_payoff bigint,
    p_now timestamptz, p_step uuid, p_row jsonb
) RETURNS TABLE (result text, repayment repayments)
LANGUAGE plpgsql AS $$
DECLARE
    v_is_named boolean := as_member(p_member);
    v_key idempotency_keys;
    v_loan loans;
    v_new repayments;
    v_used repayments;
    v_open repayments;
    v_open_amount bigint;
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
    IF v_new.quote_id IS NOT NULL THEN
        -- Of before quotes were used once several repayments may name one.
        SELECT * INTO v_used FROM repayments r WHERE r.member_id = p_member AND r.quote_id = v_new.quote_id
        ORDER BY r.id LIMIT 1;
    END IF;
    SELECT coalesce(sum(r.amount), 0) INTO v_open_amount FROM repayments r
    WHERE r.member_id = p_member
        AND (r.state IN ('created', 'authorizing') OR (r.state = 'cancelled' AND r.inquire_at IS NOT NULL));
    result := CASE
        WHEN v_used.id IS NOT NULL THEN 'quote_used'
        WHEN v_loan.version IS DISTINCT FROM p_loan_version THEN 'loan_moved'
        WHEN v_open_amount > 0 AND v_open_amount + v_new.amount > p_payoff THEN 'repayment_open'
        WHEN EXISTS (
            SELECT 1 FROM bank_stops s WHERE s.released_at IS NULL AND s.bank IN (v_new.bank, '*')
                AND (s.ends_at IS NULL OR (s.begins_at <= greatest(p_now, s.held_at) AND p_now < s.ends_at))
                -- A settlement account that is short pays nothing out; what comes in fills it.
                AND (s.ends_at IS NOT NULL OR s.reason <> 'settlement_balance_short')) THEN 'stopped'
        ELSE 'accepted' END;
    IF result = 'repayment_open' THEN
        -- The newest of those that can be gone on with, before those that were cancelled.
        SELECT * INTO v_open FROM repayments r
        WHERE r.member_id = p_member
            AND (r.state IN ('created', 'authorizing') OR (r.state = 'cancelled' AND r.inquire_at IS NOT NULL))
        ORDER BY r.state = 'cancelled', r.id DESC LIMIT 1;
    END IF;
    IF result <> 'accepted' THEN
        repayment := CASE WHEN result = 'quote_used' THEN v_used WHEN result = 'repayment_open' THEN v_open END;
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
