-- Write a file down before it is sent. Under a stop, or when its number was voided because its sender seemed to be
-- gone, it is void: nobody ever sends it. Called again after a lost commit it answers the same.
-- result: stored | void | taken (by another sender meanwhile)
CREATE OR REPLACE FUNCTION store_file(
    p_bank text, p_file text, p_content bytea, p_items jsonb, p_now timestamptz,
    p_lease_s double precision, p_owner text
) RETURNS TABLE (result text)
LANGUAGE plpgsql AS $$
DECLARE
    v_clock timestamptz := clock_timestamp();
    v_is_stopped boolean;
    v_file bank_files;
BEGIN
    v_is_stopped := EXISTS (
        SELECT 1 FROM bank_stops s WHERE s.released_at IS NULL AND s.bank IN (p_bank, '*')
            AND (s.ends_at IS NULL OR (s.begins_at <= greatest(p_now, s.held_at) AND p_now < s.ends_at)));
    INSERT INTO bank_files (bank, file_id, content, items, state, stored_at, next_at, lease_owner, lease_until)
    VALUES (
        p_bank, p_file,
        CASE WHEN NOT v_is_stopped THEN p_content END,
        CASE WHEN v_is_stopped THEN '[]'::jsonb ELSE p_items END,
        CASE WHEN v_is_stopped THEN 'void' ELSE 'stored' END,
        p_now,
        CASE WHEN NOT v_is_stopped THEN p_now END,
        CASE WHEN NOT v_is_stopped THEN p_owner END,
        CASE WHEN NOT v_is_stopped THEN v_clock + make_interval(secs => p_lease_s) END
    ) ON CONFLICT (bank, file_id) DO NOTHING;
    SELECT * INTO v_file FROM bank_files f WHERE f.bank = p_bank AND f.file_id = p_file;
    result := CASE WHEN v_file.state = 'void' THEN 'void'
                   WHEN v_file.state = 'stored' AND v_file.fence = 0 THEN 'stored'
                   ELSE 'taken' END;
    RETURN NEXT;
END $$;
