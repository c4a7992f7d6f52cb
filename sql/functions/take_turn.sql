-- Reserve a source's next turn before a PIN is hashed: of a hundred guesses at once one is checked. The wait doubles with
-- each turn that is not given back, up to 60 times the first; a quiet quarter of an hour forgets them. A success gives its
-- own turn back and no other: whoever has an account would guess at others' between logins.
-- Each network around the source has a quota, of which a turn uses up p_costs[i] seconds of p_window_s. All are reserved,
-- or none is; rows are locked from the narrowest to the widest, so that no two wait for each other.
-- waits_until: until when the source must wait, and nothing was reserved; NULL where the turn is taken.
CREATE OR REPLACE FUNCTION take_turn(
    p_source bytea, p_networks bytea[], p_costs double precision[], p_window_s double precision,
    p_delay_s double precision, p_now timestamptz
) RETURNS TABLE (waits_until timestamptz, taken_until timestamptz, failed_before timestamptz)
LANGUAGE plpgsql AS $$
DECLARE
    v_source login_sources;
    v_used timestamptz;
    v_failures integer;
BEGIN
    -- A flood is refused by reading alone.
    SELECT s.blocked_until INTO waits_until FROM login_sources s WHERE s.source = p_source AND s.blocked_until > p_now;
    IF FOUND THEN
        RETURN NEXT;
        RETURN;
    END IF;
    INSERT INTO login_sources (source, failures, failed_at, blocked_until) VALUES (p_source, 0, p_now, p_now)
    ON CONFLICT (source) DO NOTHING;
    SELECT * INTO v_source FROM login_sources s WHERE s.source = p_source FOR UPDATE;
    IF v_source.blocked_until > p_now THEN
        waits_until := v_source.blocked_until;
    END IF;
    FOR v_one IN 1 .. cardinality(p_networks) LOOP
        INSERT INTO login_networks (network, used_until) VALUES (p_networks[v_one], p_now)
        ON CONFLICT (network) DO NOTHING;
        SELECT n.used_until INTO v_used FROM login_networks n WHERE n.network = p_networks[v_one] FOR UPDATE;
        v_used := greatest(v_used, p_now) + make_interval(secs => p_costs[v_one] - p_window_s);
        IF v_used > p_now THEN
            waits_until := greatest(waits_until, v_used);
        END IF;
    END LOOP;
    IF waits_until IS NULL THEN
        v_failures := CASE WHEN v_source.failed_at < p_now - interval '15 minutes' THEN 0 ELSE v_source.failures END;
        failed_before := CASE WHEN v_failures = 0 THEN p_now ELSE v_source.failed_at END;
        taken_until := p_now + make_interval(secs => p_delay_s * least(60, power(2, least(v_failures, 6))));
        UPDATE login_sources s SET failures = v_failures + 1, failed_at = p_now, blocked_until = taken_until
        WHERE s.source = p_source;
        UPDATE login_networks n
        SET used_until = greatest(n.used_until, p_now) + make_interval(secs => u.cost)
        FROM unnest(p_networks, p_costs) AS u (network, cost)
        WHERE n.network = u.network;
    END IF;
    RETURN NEXT;
END $$;
