-- Run before every migration run: the gateway's roles and the list of what has been applied.
-- gateway_member: what a member asks for. gateway_app: work over many members. gateway_ops: operators.
-- A role belongs to the whole server, so another database's migration may make it at the same time.
DO $$
DECLARE
    v_role text;
BEGIN
    FOREACH v_role IN ARRAY ARRAY['gateway_app', 'gateway_member', 'gateway_ops'] LOOP
        IF to_regrole(v_role) IS NULL THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', v_role);
        END IF;
    END LOOP;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

-- Whoever may take gateway_app may take the other two, and has nothing of theirs before: so a login needs one grant
-- only, as before there were three.
DO $$
BEGIN
    IF NOT (pg_has_role('gateway_app', 'gateway_member', 'MEMBER') AND pg_has_role('gateway_app', 'gateway_ops', 'MEMBER'))
    THEN
        ALTER ROLE gateway_app NOINHERIT;
        GRANT gateway_member, gateway_ops TO gateway_app;
    END IF;
EXCEPTION WHEN internal_error THEN
    NULL;  -- another database's migration changes the same role at this moment
END
$$;

CREATE TABLE IF NOT EXISTS schema_files (
    kind text NOT NULL CHECK (kind IN ('migration', 'function')),
    name text NOT NULL,
    checksum text NOT NULL,
    is_breaking boolean NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, name)
);

GRANT SELECT ON schema_files TO gateway_app, gateway_member, gateway_ops;
