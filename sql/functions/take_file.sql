-- Take a file that has to be worked on, from whoever had it before; the fence tells them. It is taken as it was read,
-- in that state and at that fence. Under a stop no file is sent a second time either: nobody knows whether it was the
-- first. p_state is empty where an older version, running beside this one, calls: every step raises the fence, so
-- that the fence alone tells the state, too.
-- result: taken, with the row as it is now | stale
DROP FUNCTION IF EXISTS take_file(text, text, bigint, timestamptz, double precision, text);

CREATE OR REPLACE FUNCTION take_file(
    p_bank text, p_file text, p_fence bigint, p_now timestamptz, p_lease_s double precision, p_owner text,
    p_state text DEFAULT NULL
) RETURNS TABLE (result text, file bank_files)
LANGUAGE plpgsql AS $$
DECLARE
    v_clock timestamptz := clock_timestamp();
    v_is_stopped boolean;
BEGIN
    v_is_stopped := EXISTS (
        SELECT 1 FROM bank_stops s WHERE s.released_at IS NULL AND s.bank IN (p_bank, '*')
            AND (s.ends_at IS NULL OR (s.begins_at <= greatest(p_now, s.held_at) AND p_now < s.ends_at)));
    UPDATE bank_files f SET fence = f.fence + 1, tries = f.tries + 1,
        sendings = f.sendings + CASE WHEN f.state = 'stored' THEN 1 ELSE 0 END,
        lease_owner = p_owner, lease_until = v_clock + make_interval(secs => p_lease_s)
    WHERE f.bank = p_bank AND f.file_id = p_file AND f.state = coalesce(p_state, f.state) AND f.fence = p_fence
        AND f.next_at <= p_now AND (f.lease_until IS NULL OR f.lease_until < v_clock)
        AND NOT (f.state = 'stored' AND v_is_stopped)
    RETURNING f.* INTO file;
    result := CASE WHEN FOUND THEN 'taken' ELSE 'stale' END;
    RETURN NEXT;
END $$;
