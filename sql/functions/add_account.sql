-- Register an account, or find it registered already.
CREATE OR REPLACE FUNCTION add_account(
    p_member uuid, p_id uuid, p_bank text, p_branch text, p_type text, p_number text, p_holder text,
    p_now timestamptz
) RETURNS TABLE (id uuid, registered_at timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
    v_is_named boolean := as_member(p_member);
BEGIN
    INSERT INTO accounts (member_id, id, bank, branch, type, number, holder, registered_at)
    VALUES (p_member, p_id, p_bank, p_branch, p_type, p_number, p_holder, p_now)
    ON CONFLICT DO NOTHING;
    RETURN QUERY
        SELECT a.id, a.registered_at FROM accounts a
        WHERE a.member_id = p_member AND a.bank = p_bank AND a.branch = p_branch AND a.type = p_type
            AND a.number = p_number AND a.removed_at IS NULL;
END $$;
