"""A money step in small: one effect for each step id, however often it is called."""

SCHEMA = """
CREATE TABLE effects (step integer PRIMARY KEY);
CREATE SEQUENCE tries;
CREATE FUNCTION take_step(p_step integer) RETURNS TABLE (step integer) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO effects VALUES (p_step) ON CONFLICT DO NOTHING;
    step := p_step;
    RETURN NEXT;
END $$;
CREATE FUNCTION take_step_behind_lock(p_step integer) RETURNS TABLE (step integer)
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1);
    RETURN QUERY SELECT * FROM take_step(p_step);
END $$;
CREATE FUNCTION take_step_after_failures(p_step integer, p_failures integer, p_code text)
RETURNS TABLE (step integer) LANGUAGE plpgsql AS $$
BEGIN
    -- A sequence keeps counting when its transaction is taken back.
    IF nextval('tries') <= p_failures THEN
        RAISE EXCEPTION 'forced' USING ERRCODE = p_code;
    END IF;
    RETURN QUERY SELECT * FROM take_step(p_step);
END $$;
GRANT SELECT, INSERT ON effects TO gateway_app;
GRANT USAGE ON SEQUENCE tries TO gateway_app;
"""
STEP = "SELECT * FROM take_step($1)"
STEP_BEHIND_LOCK = "SELECT * FROM take_step_behind_lock($1)"
STEP_AFTER_FAILURES = "SELECT * FROM take_step_after_failures($1, $2, $3)"
