-- Signing in, and what banks call back with.
-- login_names, login_sources and callbacks_inbox are keyed look-ups: by what is looked up, written first and alone.

-- A round is one run of PIN checks up to a success: a success of an earlier round cannot lift a later lock.
ALTER TABLE members ADD COLUMN pin_round bigint NOT NULL DEFAULT 0;

CREATE TABLE login_names (
    kind text NOT NULL CHECK (kind IN ('member_number')),
    name text NOT NULL,
    member_id uuid NOT NULL,
    PRIMARY KEY (kind, name)
);

-- source: a keyed hash of the network address, so that no address lies in the database.
CREATE TABLE login_sources (
    source bytea PRIMARY KEY,
    failures integer NOT NULL,
    failed_at timestamptz NOT NULL,
    blocked_until timestamptz NOT NULL
);

CREATE TABLE sessions (
    member_id uuid NOT NULL,
    id uuid NOT NULL,
    secret_sha256 bytea NOT NULL,
    opened_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    closed_at timestamptz,
    PRIMARY KEY (member_id, id)
);

CREATE INDEX sessions_secret ON sessions (member_id, secret_sha256);

CREATE TABLE callbacks_inbox (
    bank text NOT NULL,
    event_id text NOT NULL,
    reference text NOT NULL,
    kind text NOT NULL,
    received_at timestamptz NOT NULL,
    worked_at timestamptz,
    PRIMARY KEY (bank, event_id)
);

CREATE INDEX callbacks_inbox_unworked ON callbacks_inbox (received_at) WHERE worked_at IS NULL;

GRANT SELECT, INSERT ON login_names TO gateway_app;
GRANT SELECT, INSERT, UPDATE ON login_sources, sessions, callbacks_inbox TO gateway_app;
