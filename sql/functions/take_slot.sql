-- Reserve the next place in the contract-wide queue to a bank: one place every p_interval_s, shared by all
-- processes. Nothing is reserved when it is more than p_wait_max_s away.
CREATE OR REPLACE FUNCTION take_slot(
    p_bank text, p_lane text, p_interval_s double precision, p_wait_max_s double precision
) RETURNS TABLE (wait_s double precision, breaker text)
LANGUAGE plpgsql AS $$
DECLARE
    v_clock timestamptz := clock_timestamp();
    v_lane bank_lanes;
BEGIN
    -- A slot lost in a crash of the server costs a moment's burst within the margin below the limit; waiting
    -- for the disk with the row locked would cost every call.
    PERFORM set_config('synchronous_commit', 'off', TRUE);
    SELECT * INTO v_lane FROM bank_lanes b WHERE b.bank = p_bank AND b.lane = p_lane FOR UPDATE;
    IF v_lane.bank IS NULL THEN
        INSERT INTO bank_lanes (bank, lane, next_free) VALUES (p_bank, p_lane, v_clock)
        ON CONFLICT (bank, lane) DO NOTHING;
        SELECT * INTO v_lane FROM bank_lanes b WHERE b.bank = p_bank AND b.lane = p_lane FOR UPDATE;
    END IF;
    -- Waiting for the row takes time too.
    v_clock := clock_timestamp();
    wait_s := greatest(0, extract(epoch FROM v_lane.next_free - v_clock));
    breaker := v_lane.breaker;
    IF wait_s <= p_wait_max_s AND p_interval_s > 0 THEN
        UPDATE bank_lanes b
        SET next_free = greatest(v_lane.next_free, v_clock) + make_interval(secs => p_interval_s)
        WHERE b.bank = p_bank AND b.lane = p_lane;
    END IF;
    RETURN NEXT;
END $$;
