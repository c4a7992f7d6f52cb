-- Count a PIN check before it is made: fifty guesses at once count as fifty, and three are made.
-- The third of a day locks at once; only a success of the same round takes that back, so that a crash
-- between counting and checking never gives a guess away. A new JST day begins at 0 unless locked; a day that
-- is over does not, or two processes on both sides of midnight would begin it again and again.
-- No row: there is no such member, or it may not sign in. The caller checks a dummy then. is_last: this check has locked.
DROP FUNCTION IF EXISTS begin_pin_check(uuid, date, timestamptz);
CREATE OR REPLACE FUNCTION begin_pin_check(p_member uuid, p_day date, p_now timestamptz)
RETURNS TABLE (pin_hash text, pin_round bigint, is_last boolean)
LANGUAGE sql AS $$
    UPDATE members m SET
        pin_failures = CASE WHEN m.pin_failures_on >= p_day THEN m.pin_failures + 1 ELSE 1 END,
        pin_failures_on = greatest(m.pin_failures_on, p_day),
        pin_locked_at = CASE WHEN m.pin_failures_on >= p_day AND m.pin_failures >= 2 THEN p_now END
    WHERE as_member(p_member) AND m.member_id = p_member AND m.status = 'active' AND m.pin_locked_at IS NULL
    RETURNING m.pin_hash, m.pin_round, m.pin_locked_at IS NOT NULL
$$;
