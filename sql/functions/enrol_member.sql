-- Write a member and the loan. The login name was written before, alone.
-- Called again for the same member it changes nothing.
CREATE OR REPLACE FUNCTION enrol_member(
    p_member uuid, p_number text, p_kana text, p_pin_hash text, p_sender_name text, p_limit bigint,
    p_now timestamptz
) RETURNS TABLE (is_new boolean)
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO members (member_id, member_number, kana, sender_name, pin_hash, created_at)
    VALUES (p_member, p_number, p_kana, p_sender_name, p_pin_hash, p_now)
    ON CONFLICT DO NOTHING;
    is_new := FOUND;
    INSERT INTO loans (member_id, credit_limit) VALUES (p_member, p_limit) ON CONFLICT DO NOTHING;
    RETURN NEXT;
END $$;
