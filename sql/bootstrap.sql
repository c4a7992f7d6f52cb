-- Run before every migration run: the gateway's role and the list of what has been applied.
-- A role belongs to the whole server, so another database's migration may make it at the same time.
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'gateway_app') THEN
        CREATE ROLE gateway_app NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
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

GRANT SELECT ON schema_files TO gateway_app;
