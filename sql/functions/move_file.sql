-- Move a file from the row that was read to the row that was decided, and give its lease back. The bytes are kept
-- until it is at rest (nothing is to be done any more).
-- result: moved, with the row as it is now | stale
DROP FUNCTION IF EXISTS move_file(text, text, text, bigint, jsonb);

CREATE OR REPLACE FUNCTION move_file(p_bank text, p_file text, p_state text, p_fence bigint, p_row jsonb)
RETURNS TABLE (result text, file bank_files)
LANGUAGE plpgsql AS $$
DECLARE
    v_new bank_files;
BEGIN
    SELECT * INTO v_new FROM jsonb_populate_record(NULL::bank_files, p_row);
    UPDATE bank_files f SET
        state = v_new.state, fence = f.fence + 1, tries = v_new.tries, receipt = v_new.receipt, reason = v_new.reason,
        fault = v_new.fault, not_before = v_new.not_before, next_at = v_new.next_at,
        lease_owner = NULL, lease_until = NULL,
        content = CASE WHEN v_new.next_at IS NOT NULL THEN f.content END
    WHERE f.bank = p_bank AND f.file_id = p_file AND f.state = p_state AND f.fence = p_fence
    RETURNING f.* INTO file;
    result := CASE WHEN FOUND THEN 'moved' ELSE 'stale' END;
    RETURN NEXT;
END $$;
