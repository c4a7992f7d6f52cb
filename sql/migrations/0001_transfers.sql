-- Members, loans, transfers, ledger, and the house tables that sending needs.
-- Member-owned tables have member_id first in the primary key, no triggers, and no unique constraint without it,
-- so that the schema runs unchanged on a cluster distributed by member_id.

CREATE TABLE members (
    member_id uuid PRIMARY KEY,
    member_number text NOT NULL,
    kana text NOT NULL,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
    sender_name text NOT NULL,
    pin_hash text NOT NULL,
    pin_failures integer NOT NULL DEFAULT 0,
    pin_failures_on date,
    pin_locked_at timestamptz,
    created_at timestamptz NOT NULL
);

-- reserved: the sum of the member's open transfers. event_no numbers the member's events without a gap.
-- No CHECK on the balances: nothing on the booking path may refuse money that moved.
CREATE TABLE loans (
    member_id uuid PRIMARY KEY,
    credit_limit bigint NOT NULL CHECK (credit_limit >= 0),
    reserved bigint NOT NULL DEFAULT 0,
    principal bigint NOT NULL DEFAULT 0,
    suspense bigint NOT NULL DEFAULT 0,
    advances_stopped boolean NOT NULL DEFAULT FALSE,
    event_no bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0
);

CREATE TABLE accounts (
    member_id uuid NOT NULL,
    id uuid NOT NULL,
    bank text NOT NULL,
    branch text NOT NULL CHECK (branch ~ '^[0-9]{3}$'),
    type text NOT NULL CHECK (type IN ('1', '2', '4')),
    number text NOT NULL CHECK (number ~ '^[0-9]{7}$'),
    holder text NOT NULL,
    registered_at timestamptz NOT NULL,
    removed_at timestamptz,
    PRIMARY KEY (member_id, id)
);

CREATE UNIQUE INDEX accounts_once ON accounts (member_id, bank, branch, type, number)
WHERE removed_at IS NULL;

CREATE TABLE idempotency_keys (
    member_id uuid NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    resource_id uuid NOT NULL,
    accepted_at timestamptz NOT NULL,
    PRIMARY KEY (member_id, key)
);

CREATE TABLE transfers (
    member_id uuid NOT NULL,
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    bank text NOT NULL,
    reference text NOT NULL CHECK (reference ~ '^[A-Z2-7]{20}$'),
    amount bigint NOT NULL CHECK (amount > 0),
    branch text NOT NULL,
    type text NOT NULL,
    number text NOT NULL,
    holder text NOT NULL,
    remitter text NOT NULL,
    request_id text NOT NULL,
    accepted_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN (
        'scheduled', 'submitting', 'submitted', 'unknown', 'settled', 'rejected', 'cancelled',
        'returned', 'review'
    )),
    attempt integer NOT NULL DEFAULT 0,
    fence bigint NOT NULL DEFAULT 0,
    step uuid NOT NULL,
    unclear boolean NOT NULL DEFAULT FALSE,
    tries integer NOT NULL DEFAULT 0,
    crashes integer NOT NULL DEFAULT 0,
    due_at timestamptz,
    give_up_at timestamptz NOT NULL,
    inquire_at timestamptz,
    inquiries integer NOT NULL DEFAULT 0,
    inquired_at timestamptz,
    attempt_over_at timestamptz,
    unresolved_since timestamptz,
    settled_at timestamptz,
    returned_at timestamptz,
    bank_id text,
    reason text,
    lease_owner text,
    lease_until timestamptz,
    PRIMARY KEY (member_id, id),
    UNIQUE (member_id, reference)
);

CREATE INDEX transfers_due ON transfers (due_at) WHERE state = 'scheduled';
CREATE INDEX transfers_inquiries ON transfers (inquire_at) WHERE inquire_at IS NOT NULL;
CREATE INDEX transfers_leases ON transfers (lease_until) WHERE state = 'submitting';
CREATE INDEX transfers_reference ON transfers (reference);
CREATE INDEX transfers_id ON transfers (id);

CREATE TABLE postings (
    member_id uuid NOT NULL,
    id uuid NOT NULL,
    journal uuid NOT NULL,
    transfer_id uuid,
    debit text NOT NULL,
    credit text NOT NULL CHECK (credit <> debit),
    amount bigint NOT NULL CHECK (amount > 0),
    effective_on date NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (member_id, id)
);

CREATE TABLE events (
    member_id uuid NOT NULL,
    no bigint NOT NULL,
    transfer_id uuid NOT NULL,
    kind text NOT NULL,
    data jsonb NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (member_id, no)
);

-- One row a bank call, written inside the step that follows it.
CREATE TABLE bank_attempts (
    member_id uuid NOT NULL,
    id uuid NOT NULL,
    transfer_id uuid NOT NULL,
    operation text NOT NULL CHECK (operation IN ('submit', 'inquire')),
    attempt integer NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    outcome text NOT NULL,
    code text NOT NULL,
    request_sha256 text,
    answer_sha256 text,
    PRIMARY KEY (member_id, id)
);

CREATE INDEX bank_attempts_transfer ON bank_attempts (member_id, transfer_id);

-- House tables: small, and no money step touches them except to read bank_stops.
CREATE TABLE bank_lanes (
    bank text NOT NULL,
    lane text NOT NULL CHECK (lane IN ('money', 'inquiry')),
    next_free timestamptz NOT NULL,
    breaker text NOT NULL DEFAULT 'auto' CHECK (breaker IN ('auto', 'open', 'closed')),
    PRIMARY KEY (bank, lane)
);

-- bank '*' stops them all.
CREATE TABLE bank_stops (
    id uuid PRIMARY KEY,
    bank text NOT NULL,
    reason text NOT NULL,
    held_by text NOT NULL,
    held_at timestamptz NOT NULL,
    released_by text,
    released_at timestamptz
);

CREATE UNIQUE INDEX bank_stops_once ON bank_stops (bank, reason) WHERE released_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON members, loans, accounts, transfers, bank_lanes, bank_stops TO gateway_app;
GRANT SELECT, INSERT ON idempotency_keys, postings, events, bank_attempts TO gateway_app;
