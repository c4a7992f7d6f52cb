-- Keep the bank call that led to a step, in the same step. Nothing where there was none.
CREATE OR REPLACE FUNCTION keep_call(
    p_member uuid, p_transfer uuid, p_repayment uuid, p_step uuid, p_call jsonb
) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO bank_attempts (
        member_id, id, transfer_id, repayment_id, operation, attempt, started_at, ended_at, outcome, code,
        request_sha256, answer_sha256)
    SELECT p_member, p_step, p_transfer, p_repayment, c.operation, c.attempt, c.started_at, c.ended_at, c.outcome,
           c.code, c.request_sha256, c.answer_sha256
    FROM jsonb_to_record(p_call) AS c (
        operation text, attempt integer, started_at timestamptz, ended_at timestamptz, outcome text,
        code text, request_sha256 text, answer_sha256 text)
    WHERE p_call IS NOT NULL;
END $$;
