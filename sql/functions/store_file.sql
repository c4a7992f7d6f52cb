-- Write a file down before it is sent. Under a stop, or when its number was voided because its sender seemed to be
-- gone, it is void: nobody ever sends it. Called again after a lost commit it answers the same.
-- result: stored | void | taken (by another sender meanwhile), each with the row as it is now
DROP FUNCTION IF EXISTS store_file(text, text, bytea, jsonb, timestamptz, double precision, text);

CREATE OR REPLACE FUNCTION store_file(
    p_bank text, p_file text, p_content bytea, p_items jsonb, p_now timestamptz,
    p_lease_s double precision, p_owner text
) RETURNS TABLE (result text, file bank_files)
LANGUAGE plpgsql AS $$
DECLARE
    v_clock timestamptz := clock_timestamp();
    v_is_stopped boolean;
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
    SELECT f.* INTO file FROM bank_files f WHERE f.bank = p_bank AND f.file_id = p_file;
    result := CASE WHEN file.state = 'void' THEN 'void'
                   -- Nobody has touched it since: not another sender, not one that freed what its holder left.
                   WHEN file.state = 'stored' AND file.fence = 0 THEN 'stored'
                   ELSE 'taken' END;
    RETURN NEXT;
END $$;
