-- The balance of the lender's account at a bank by our ledger: what was counted before, and what was written since.
-- What is older than the margin is counted for good: no statement that could still write such a row runs that long.
-- has_fallen: for the one step that finds it below the low-water mark, and not again until it has been above. An
-- account on which nothing was ever booked has not fallen.
CREATE OR REPLACE FUNCTION measure_settlement(
    p_bank text, p_low_water bigint, p_margin_s double precision, p_step uuid
) RETURNS TABLE (balance bigint, has_fallen boolean)
LANGUAGE plpgsql AS $$
DECLARE
    v_account text := 'settlement_cash:' || p_bank;
    v_until timestamptz := clock_timestamp() - make_interval(secs => p_margin_s);
    v_mark settlement_marks;
    v_old bigint;
    v_new bigint;
    v_postings bigint;
BEGIN
    INSERT INTO settlement_marks (bank, counted_until) VALUES (p_bank, '2000-01-01 00:00:00+00')
    ON CONFLICT (bank) DO NOTHING;
    SELECT * INTO v_mark FROM settlement_marks m WHERE m.bank = p_bank FOR UPDATE;
    -- A clock that was set back moves no mark back.
    v_until := greatest(v_until, v_mark.counted_until);
    SELECT coalesce(sum(s.amount) FILTER (WHERE s.written_at < v_until), 0),
           coalesce(sum(s.amount) FILTER (WHERE s.written_at >= v_until), 0), count(*)
    INTO v_old, v_new, v_postings
    FROM (SELECT p.written_at, CASE WHEN p.debit = v_account THEN p.amount ELSE -p.amount END AS amount
          FROM postings p
          WHERE p.written_at >= v_mark.counted_until AND v_account IN (p.debit, p.credit)) s;
    balance := v_mark.balance + v_old + v_new;
    IF balance >= p_low_water THEN
        v_mark.low_step := NULL;
    ELSIF v_mark.low_step IS NULL AND (v_postings > 0 OR balance <> 0) THEN
        v_mark.low_step := p_step;
    END IF;
    UPDATE settlement_marks m
    SET balance = v_mark.balance + v_old, counted_until = v_until, low_step = v_mark.low_step
    WHERE m.bank = p_bank;
    has_fallen := coalesce(v_mark.low_step = p_step, FALSE);
    RETURN NEXT;
END $$;
