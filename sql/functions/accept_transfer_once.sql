-- Accept a transfer: the reservation, the row, the idempotency key and the first event, in one step.
-- Called again with the same p_id after a lost commit it answers 'accepted' again.
-- What the member was told holds only as long as no stop came in between: then nothing is written (stopped), and it
-- has to be planned again. A one-off window that had begun when it was written binds from its commit, whatever
-- instant p_now was read at.
-- overdue: an operator has stopped advances, or the oldest unmet due date is over in Japan.
-- p_day_first: the first id of this day, p_day_begins its first instant, for the caps of a member's day (NULL: none).
-- One wish is one transfer: a quote is used once (quote_used), and the same amount to the same account, accepted at
-- p_same_since or later, is the same wish (repeated_wish), unless the member means it (NULL). p_same_first: the first id
-- of that time. Both are answered with the transfer that came first, before what else may be wrong: told "credit short",
-- the member would think that the first one had failed.
-- result: accepted | replayed | key_reused | quote_used | account_not_registered | repeated_wish | suspended | overdue
--         | credit_short | day_cap | stopped
CREATE OR REPLACE FUNCTION accept_transfer_once(
    p_member uuid, p_id uuid, p_key text, p_fingerprint bytea, p_account uuid, p_reference text,
    p_amount bigint, p_now timestamptz, p_due_at timestamptz, p_send_now boolean,
    p_lease_s double precision, p_owner text, p_request_id text, p_step uuid,
    p_quote uuid, p_credited_at timestamptz, p_credited_by timestamptz,
    p_day_first uuid, p_day_begins timestamptz, p_day_amount_max bigint, p_day_count_max bigint,
    p_same_first uuid, p_same_since timestamptz
) RETURNS TABLE (result text, transfer transfers)
LANGUAGE plpgsql AS $$
DECLARE
    v_is_named boolean := as_member(p_member);
    v_clock timestamptz := clock_timestamp();
    v_today date := (p_now AT TIME ZONE interval '+09:00')::date;
    v_key idempotency_keys;
    v_account accounts;
    v_member members;
    v_loan loans;
    v_used transfers;
    v_same transfers;
    v_state text;
    v_day_amount bigint := 0;
    v_day_count bigint := 0;
    v_event_no bigint;
BEGIN
    SELECT * INTO v_key FROM idempotency_keys k WHERE k.member_id = p_member AND k.key = p_key;
    IF v_key.resource_id IS NULL THEN
        -- The loan row serialises the member's accepts, so the key is looked at again behind it.
        SELECT * INTO v_loan FROM loans l WHERE l.member_id = p_member FOR UPDATE;
        SELECT * INTO v_key FROM idempotency_keys k WHERE k.member_id = p_member AND k.key = p_key;
    END IF;
    IF v_key.resource_id IS NOT NULL THEN
        -- Of a repayment's key there is no transfer, and its fingerprint is another one.
        RETURN QUERY
            SELECT CASE WHEN v_key.fingerprint <> p_fingerprint THEN 'key_reused'
                        WHEN t.id = p_id THEN 'accepted'
                        ELSE 'replayed' END, t
            FROM (SELECT 1) AS found
            LEFT JOIN transfers t ON t.member_id = p_member AND t.id = v_key.resource_id;
        RETURN;
    END IF;

    IF p_quote IS NOT NULL THEN
        -- Of before quotes were used once several transfers may name one.
        SELECT * INTO v_used FROM transfers t WHERE t.member_id = p_member AND t.quote_id = p_quote
        ORDER BY t.id LIMIT 1;
    END IF;
    SELECT * INTO v_account FROM accounts a
    WHERE a.member_id = p_member AND a.id = p_account AND a.removed_at IS NULL;
    IF p_same_since IS NOT NULL THEN
        -- By the account's number: one that was removed and registered anew has another id.
        SELECT * INTO v_same FROM transfers t
        WHERE t.member_id = p_member AND t.id >= p_same_first AND t.accepted_at >= p_same_since
            AND t.amount = p_amount AND t.bank = v_account.bank AND t.branch = v_account.branch
            AND t.type = v_account.type AND t.number = v_account.number
            AND t.state NOT IN ('rejected', 'cancelled', 'returned')
        ORDER BY t.id LIMIT 1;
    END IF;
    SELECT * INTO v_member FROM members m WHERE m.member_id = p_member;
    IF p_day_amount_max IS NOT NULL OR p_day_count_max IS NOT NULL THEN
        SELECT coalesce(sum(t.amount), 0), count(*) INTO v_day_amount, v_day_count
        FROM transfers t WHERE t.member_id = p_member AND t.id >= p_day_first AND t.accepted_at >= p_day_begins
            AND t.state NOT IN ('rejected', 'cancelled', 'returned');
    END IF;
    result := CASE
        WHEN v_used.id IS NOT NULL THEN 'quote_used'
        WHEN v_account.id IS NULL THEN 'account_not_registered'
        WHEN v_same.id IS NOT NULL THEN 'repeated_wish'
        WHEN v_member.status IS DISTINCT FROM 'active' THEN 'suspended'
        WHEN v_loan.advances_stopped OR v_loan.due_on < v_today THEN 'overdue'
        WHEN (v_loan.credit_limit - v_loan.principal - v_loan.reserved >= p_amount) IS NOT TRUE
            THEN 'credit_short'
        WHEN v_day_amount + p_amount > p_day_amount_max OR v_day_count >= p_day_count_max THEN 'day_cap'
        WHEN p_send_now AND EXISTS (
            SELECT 1 FROM bank_stops s WHERE s.released_at IS NULL AND s.bank IN (v_account.bank, '*')
                AND (s.ends_at IS NULL OR (s.begins_at <= greatest(p_now, s.held_at) AND p_now < s.ends_at))) THEN 'stopped'
        ELSE 'accepted' END;
    IF result <> 'accepted' THEN
        transfer := CASE WHEN result = 'quote_used' THEN v_used WHEN result = 'repeated_wish' THEN v_same END;
        RETURN NEXT;
        RETURN;
    END IF;

    v_state := CASE WHEN p_send_now THEN 'submitting' ELSE 'scheduled' END;
    UPDATE loans l SET reserved = l.reserved + p_amount, event_no = l.event_no + 1, version = l.version + 1
    WHERE l.member_id = p_member RETURNING l.event_no INTO v_event_no;
    INSERT INTO idempotency_keys (member_id, key, fingerprint, resource_id, accepted_at)
    VALUES (p_member, p_key, p_fingerprint, p_id, p_now);
    INSERT INTO transfers (
        member_id, id, account_id, bank, reference, amount, branch, type, number, holder, remitter,
        request_id, accepted_at, state, attempt, step, due_at, give_up_at, lease_owner, lease_until,
        quote_id, credited_at, credited_by
    ) VALUES (
        p_member, p_id, p_account, v_account.bank, p_reference, p_amount, v_account.branch,
        v_account.type, v_account.number, v_account.holder, v_member.sender_name, p_request_id, p_now,
        v_state, CASE WHEN p_send_now THEN 1 ELSE 0 END, p_step, p_due_at, p_due_at + interval '24 hours',
        CASE WHEN p_send_now THEN p_owner END,
        CASE WHEN p_send_now THEN v_clock + make_interval(secs => p_lease_s) END,
        p_quote, p_credited_at, p_credited_by
    ) RETURNING * INTO transfer;
    INSERT INTO events (member_id, no, transfer_id, kind, data, at)
    VALUES (p_member, v_event_no, p_id, 'transfer.accepted',
            jsonb_build_object('state', v_state, 'amount', p_amount), p_now);
    RETURN NEXT;
END $$;
