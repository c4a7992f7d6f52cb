-- Whether bookings still fit the loan that they were worked out from; locks its row, so that they fit until the end of
-- the step. A booking names the version of the loan. One that names none, an advance in its turn, fits as long as no
-- entry but advances stands after it, and it is not there already.
CREATE OR REPLACE FUNCTION loan_fits(p_member uuid, p_bookings jsonb) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_loan loans;
BEGIN
    SELECT * INTO v_loan FROM loans l WHERE l.member_id = p_member FOR UPDATE;
    RETURN NOT EXISTS (
        SELECT 1 FROM jsonb_to_recordset(p_bookings) AS b (
            id uuid, loan_version bigint, effective_on date, at timestamptz)
        WHERE b.loan_version <> v_loan.version OR (b.loan_version IS NULL AND (
            (v_loan.last_effective_on, v_loan.last_at) >= (b.effective_on, b.at)
            OR EXISTS (SELECT 1 FROM loan_entries e WHERE e.member_id = p_member AND e.id = b.id))));
END $$;
