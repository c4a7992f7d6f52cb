-- Book entries that have no row of their own to move: what a statement shows and nobody had heard of. p_transfer or
-- p_repayment: what they are about, if anything. Called again with the same journals after a lost commit it answers
-- 'moved' again; an entry that another journal holds already: 'stale', and nothing is written.
-- result: moved | stale | loan_moved
CREATE OR REPLACE FUNCTION record_entry(
    p_member uuid, p_transfer uuid, p_repayment uuid, p_now timestamptz,
    p_events jsonb, p_bookings jsonb, p_reviews jsonb
) RETURNS TABLE (result text)
LANGUAGE plpgsql AS $$
DECLARE
    v_is_named boolean := as_member(p_member);
    v_is_ours boolean;
    v_fits boolean := loan_fits(p_member, p_bookings);
BEGIN
    SELECT bool_and(e.journal = b.journal) INTO v_is_ours
    FROM jsonb_to_recordset(p_bookings) AS b (id uuid, journal uuid)
    JOIN loan_entries e ON e.member_id = p_member AND e.id = b.id;
    result := CASE
        WHEN v_is_ours THEN 'moved'
        WHEN NOT v_is_ours THEN 'stale'
        WHEN NOT v_fits THEN 'loan_moved'
        END;
    IF result IS NULL THEN
        PERFORM book_on_loan(p_member, p_transfer, p_repayment, p_now, 0, p_events, p_bookings, p_reviews);
        result := 'moved';
    END IF;
    RETURN NEXT;
END $$;
