-- breaking: a version that knows no entries books a transfer without them, and the loan's history would lack it.

-- What the member agreed to. due_day 31 is the last day of the month.
ALTER TABLE loans ADD COLUMN annual_rate numeric(6, 5) NOT NULL DEFAULT 0.178;
ALTER TABLE loans ADD COLUMN due_day bigint NOT NULL DEFAULT 5;
ALTER TABLE loans ADD COLUMN has_free_days boolean NOT NULL DEFAULT FALSE;
-- Where the last entry stands that is no advance: an advance after it changes nothing that was posted.
ALTER TABLE loans ADD COLUMN last_effective_on date;
ALTER TABLE loans ADD COLUMN last_at timestamptz;
-- The business day on which the oldest unmet due date falls, NULL where nothing is due. After an advance that was
-- booked unread it is what it was before, and not known until it is worked out anew from the entries.
ALTER TABLE loans ADD COLUMN due_on date;
ALTER TABLE loans ADD COLUMN is_due_known boolean NOT NULL DEFAULT TRUE;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX loans_due_unknown ON loans (member_id) WHERE NOT is_due_known;

-- Facts about a loan's money, dated by the bank: what its history is folded from. Append-only.
-- source_id: the transfer or the repayment it came by.
CREATE TABLE loan_entries (
    member_id uuid NOT NULL,
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('advance', 'payment', 'surplus', 'return', 'fee', 'refund')),
    amount bigint NOT NULL CHECK (amount > 0),
    effective_on date NOT NULL,
    at timestamptz NOT NULL,
    house text NOT NULL,
    takes_back uuid,
    source_id uuid,
    bank_id text,
    journal uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (member_id, id),
    CHECK ((kind = 'return') = (takes_back IS NOT NULL))
);

-- What was booked before there were entries: advances, and what came back of them.
INSERT INTO loan_entries (member_id, id, kind, amount, effective_on, at, house, source_id, bank_id, journal, recorded_at)
SELECT t.member_id, t.id, 'advance', t.amount, (t.settled_at AT TIME ZONE interval '+09:00')::date, t.settled_at,
    'settlement_cash:' || t.bank, t.id, t.bank_id, p.journal, p.recorded_at
FROM transfers t JOIN postings p ON p.member_id = t.member_id AND p.transfer_id = t.id AND p.debit = 'principal'
WHERE t.state IN ('settled', 'returned');
INSERT INTO loan_entries (
    member_id, id, kind, amount, effective_on, at, house, takes_back, source_id, bank_id, journal, recorded_at)
SELECT t.member_id, md5(t.id || ' return')::uuid, 'return', t.amount, (t.returned_at AT TIME ZONE interval '+09:00')::date,
    t.returned_at, 'settlement_cash:' || t.bank, t.id, t.id, t.bank_id, p.journal, p.recorded_at
FROM transfers t JOIN postings p ON p.member_id = t.member_id AND p.transfer_id = t.id AND p.credit = 'principal'
WHERE t.state = 'returned';
UPDATE loans SET is_due_known = FALSE WHERE principal > 0;
UPDATE loans l SET last_effective_on = (e.last_at AT TIME ZONE interval '+09:00')::date, last_at = e.last_at
FROM (SELECT member_id, max(at) AS last_at FROM loan_entries WHERE kind <> 'advance' GROUP BY member_id) e
WHERE l.member_id = e.member_id;
-- It would book transfers without entries.
-- squawk-ignore ban-drop-function
DROP FUNCTION IF EXISTS move_transfer(
    uuid, uuid, text, bigint, uuid, timestamptz, jsonb, bigint, jsonb, jsonb, jsonb);

CREATE TABLE repayments (
    member_id uuid NOT NULL,
    id uuid NOT NULL,
    bank text NOT NULL,
    reference text NOT NULL CHECK (reference ~ '^[A-Z2-7]{20}$'),
    kind text NOT NULL CHECK (kind IN ('due', 'amount', 'payoff')),
    amount bigint NOT NULL CHECK (amount > 0),
    description text NOT NULL,
    return_url text NOT NULL,
    quote_id uuid,
    request_id text NOT NULL,
    accepted_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN (
        'created', 'authorizing', 'settled', 'rejected', 'expired', 'cancelled'
    )),
    fence bigint NOT NULL DEFAULT 0,
    step uuid NOT NULL,
    -- When to start again, and when to give up starting.
    start_at timestamptz,
    start_until timestamptz NOT NULL,
    starts integer NOT NULL DEFAULT 0,
    -- Where the payer's browser goes: method, url, fields, charset.
    redirect jsonb,
    -- When to ask next, and until when at least: the bank's limit and a margin, whatever was done here.
    inquire_at timestamptz,
    inquiries integer NOT NULL DEFAULT 0,
    inquired_at timestamptz,
    watch_until timestamptz NOT NULL,
    is_answered_finally boolean NOT NULL DEFAULT FALSE,
    bank_id text,
    reason text,
    settled_at timestamptz,
    paid_amount bigint,
    ended_at timestamptz,
    PRIMARY KEY (member_id, id),
    UNIQUE (member_id, reference)
);

CREATE INDEX repayments_starts ON repayments (start_at) WHERE start_at IS NOT NULL;
CREATE INDEX repayments_inquiries ON repayments (inquire_at) WHERE inquire_at IS NOT NULL;
CREATE INDEX repayments_reference ON repayments (reference);
CREATE INDEX repayments_id ON repayments (id);

-- A posting, an event and a call are about a transfer or about a repayment. cause: why the journal was written.
ALTER TABLE postings ADD COLUMN repayment_id uuid;
ALTER TABLE postings ADD COLUMN cause text;
-- squawk-ignore ban-drop-not-null
ALTER TABLE events ALTER COLUMN transfer_id DROP NOT NULL;
ALTER TABLE events ADD COLUMN repayment_id uuid;
-- squawk-ignore ban-drop-not-null
ALTER TABLE bank_attempts ALTER COLUMN transfer_id DROP NOT NULL;
ALTER TABLE bank_attempts ADD COLUMN repayment_id uuid;
-- squawk-ignore ban-drop-constraint
ALTER TABLE bank_attempts DROP CONSTRAINT bank_attempts_operation_check;
ALTER TABLE bank_attempts ADD CONSTRAINT bank_attempts_operation_check CHECK (
    operation IN ('submit', 'inquire', 'start_collection', 'inquire_collection')
) NOT VALID;

-- What people have to look at. member_id is nil where it is nobody's money yet. key: what it is about, so that it is
-- raised once. Proposed by one operator, confirmed by another; nothing else closes one.
CREATE TABLE review_items (
    member_id uuid NOT NULL,
    id uuid NOT NULL,
    key text NOT NULL,
    kind text NOT NULL,
    bank text NOT NULL,
    booked_on date,
    reference text,
    amount bigint,
    transfer_id uuid,
    repayment_id uuid,
    details jsonb NOT NULL,
    raised_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'proposed', 'closed')),
    fence bigint NOT NULL DEFAULT 0,
    resolution text,
    note text,
    proposed_by text,
    proposed_at timestamptz,
    confirmed_by text,
    confirmed_at timestamptz,
    PRIMARY KEY (member_id, id),
    UNIQUE (member_id, key),
    CHECK (confirmed_by IS NULL OR confirmed_by <> proposed_by),
    CHECK ((state = 'closed') = (confirmed_by IS NOT NULL))
);

CREATE INDEX review_items_open ON review_items (raised_at) WHERE state <> 'closed';

-- House tables. The lines of banks' statements as they were read, whole days only, each with what it was matched to.
CREATE TABLE statement_lines (
    bank text NOT NULL,
    day date NOT NULL,
    line_no integer NOT NULL,
    bank_id text NOT NULL,
    direction text NOT NULL CHECK (direction IN ('in', 'out')),
    amount bigint NOT NULL CHECK (amount > 0),
    booked_at timestamptz NOT NULL,
    value_date date NOT NULL,
    reference text,
    is_return boolean NOT NULL,
    read_at timestamptz NOT NULL,
    PRIMARY KEY (bank, day, line_no)
);

-- What runs by itself once a day: one row a run, done once.
CREATE TABLE daily_runs (
    name text NOT NULL,
    bank text NOT NULL,
    day date NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'failed', 'done')),
    tries integer NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL,
    next_at timestamptz,
    lease_until timestamptz,
    ended_at timestamptz,
    report jsonb,
    PRIMARY KEY (name, bank, day)
);

GRANT SELECT, INSERT ON loan_entries, statement_lines TO gateway_app;
GRANT SELECT, INSERT, UPDATE ON repayments, review_items, daily_runs TO gateway_app;
