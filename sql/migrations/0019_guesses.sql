-- Guesses are counted beside the source for the networks around it, put on record, and watched over all sources.

-- Like login_sources, by a keyed hash of the network. used_until: the instant at which its quota is whole again.
CREATE TABLE login_networks (
    network bytea PRIMARY KEY,
    used_until timestamptz NOT NULL
);

-- Every sign-in that was checked and refused. A number that nobody has stands under the member of zeroes: looking at a
-- guess costs the same whether its member exists.
CREATE TABLE refused_sign_ins (
    member_id uuid NOT NULL,
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    reason text NOT NULL CHECK (reason IN ('unknown_number', 'not_admitted', 'wrong_pin')),
    source bytea NOT NULL,
    PRIMARY KEY (member_id, id)
);

CREATE INDEX refused_sign_ins_at ON refused_sign_ins (at);

-- How often each process has met a misuse, minute by minute: a ring of as many rows as an hour and its neighbours need.
CREATE TABLE misuse_counts (
    kind text NOT NULL,
    instance text NOT NULL,
    slot integer NOT NULL,
    minute timestamptz NOT NULL,
    times bigint NOT NULL,
    PRIMARY KEY (kind, instance, slot)
);

-- When each alarm was raised and by which look at the counts, and when there was last a reason: one alarm an episode,
-- over all processes.
CREATE TABLE misuse_alarms (
    kind text PRIMARY KEY,
    sight uuid NOT NULL,
    raised_at timestamptz NOT NULL,
    high_at timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON login_networks, misuse_counts, misuse_alarms TO gateway_app;
GRANT SELECT, INSERT ON refused_sign_ins TO gateway_app;
