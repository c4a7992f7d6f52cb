-- Write a member, and the loan with what was agreed on. The login name was written before, alone.
-- Called again for the same member it changes nothing.
CREATE OR REPLACE FUNCTION enrol_borrower(
    p_member uuid, p_number text, p_kana text, p_pin_hash text, p_sender_name text, p_limit bigint,
    p_annual_rate numeric, p_due_day bigint, p_has_free_days boolean, p_now timestamptz
) RETURNS TABLE (is_new boolean)
LANGUAGE plpgsql AS $$
DECLARE
    v_is_named boolean := as_member(p_member);
BEGIN
    INSERT INTO members (member_id, member_number, kana, sender_name, pin_hash, created_at)
    VALUES (p_member, p_number, p_kana, p_sender_name, p_pin_hash, p_now)
    ON CONFLICT DO NOTHING;
    is_new := FOUND;
    INSERT INTO loans (member_id, credit_limit, annual_rate, due_day, has_free_days)
    VALUES (p_member, p_limit, p_annual_rate, p_due_day, p_has_free_days) ON CONFLICT DO NOTHING;
    RETURN NEXT;
END $$;
