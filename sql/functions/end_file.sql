-- Write what an operator says of a file: what the bank said of its number, proposed by one and confirmed by another,
-- with the act on record. While a sender holds the file nobody says anything of it: it may be on its way just now.
-- result: moved | stale | one_person | leased, with the instant at which the lease ends
CREATE OR REPLACE FUNCTION end_file(
    p_bank text, p_file text, p_state text, p_fence bigint, p_row jsonb,
    p_action_id uuid, p_now timestamptz, p_operator text, p_action text, p_details jsonb
) RETURNS TABLE (result text, leased_until timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
    v_clock timestamptz := clock_timestamp();
    v_old bank_files;
    v_new bank_files;
BEGIN
    SELECT * INTO v_old FROM bank_files f WHERE f.bank = p_bank AND f.file_id = p_file FOR UPDATE;
    SELECT * INTO v_new FROM jsonb_populate_record(NULL::bank_files, p_row);
    result := CASE
        WHEN (v_old.state = p_state AND v_old.fence = p_fence) IS NOT TRUE THEN 'stale'
        WHEN v_old.lease_until >= v_clock THEN 'leased'
        WHEN person(v_new.word ->> 'confirmed_by') = person(v_new.word ->> 'by') THEN 'one_person'
        ELSE 'moved' END;
    IF result = 'leased' THEN
        leased_until := v_old.lease_until;
    ELSIF result = 'moved' THEN
        UPDATE bank_files f SET
            state = v_new.state, fence = f.fence + 1, tries = v_new.tries, receipt = v_new.receipt,
            reason = v_new.reason, fault = v_new.fault, not_before = v_new.not_before, next_at = v_new.next_at,
            word = v_new.word
        WHERE f.bank = p_bank AND f.file_id = p_file AND f.state = p_state AND f.fence = p_fence;
        INSERT INTO operator_actions (id, at, operator, action, details)
        VALUES (p_action_id, p_now, p_operator, p_action, p_details);
    END IF;
    RETURN NEXT;
END $$;
