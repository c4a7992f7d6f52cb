-- The PIN was right: count from 0 again, and open the session in the same step. p_new_hash, where given,
-- replaces a hash made with older parameters.
-- result: opened | refused (locked by a later round, or suspended meanwhile)
-- Called again with the same p_session after a lost commit it answers 'opened' again.
CREATE OR REPLACE FUNCTION pass_pin_check(
    p_member uuid, p_round bigint, p_new_hash text, p_session uuid, p_secret_sha256 bytea,
    p_now timestamptz, p_ends_at timestamptz
) RETURNS TABLE (result text)
LANGUAGE plpgsql AS $$
DECLARE
    v_is_named boolean := as_member(p_member);
    v_member members;
BEGIN
    SELECT * INTO v_member FROM members m WHERE m.member_id = p_member FOR UPDATE;
    IF EXISTS (SELECT 1 FROM sessions s WHERE s.member_id = p_member AND s.id = p_session) THEN
        result := 'opened';
        RETURN NEXT;
        RETURN;
    END IF;
    IF v_member.status IS DISTINCT FROM 'active'
        OR (v_member.pin_round <> p_round AND v_member.pin_locked_at IS NOT NULL) THEN
        result := 'refused';
        RETURN NEXT;
        RETURN;
    END IF;
    IF v_member.pin_round = p_round THEN
        UPDATE members m SET
            pin_failures = 0, pin_locked_at = NULL, pin_round = p_round + 1,
            pin_hash = coalesce(p_new_hash, m.pin_hash)
        WHERE m.member_id = p_member;
    END IF;
    INSERT INTO sessions (member_id, id, secret_sha256, opened_at, seen_at, ends_at)
    VALUES (p_member, p_session, p_secret_sha256, p_now, p_now, p_ends_at);
    result := 'opened';
    RETURN NEXT;
END $$;
