-- What the house's postings came by: kind, and the bank, day and line, review item, rule or opening that they follow
-- from. Empty for what was posted before, and for members' journals: their entries say it.
ALTER TABLE postings ADD COLUMN source jsonb;

-- A line without a reference that fits a rule is booked as its kind says. Two operators make one; none is changed.
CREATE TABLE standing_rules (
    id uuid PRIMARY KEY,
    bank text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('funding', 'sweep', 'bank_charge')),
    counterparty text NOT NULL,
    line_text text NOT NULL,
    amount_min bigint NOT NULL CHECK (amount_min > 0),
    amount_max bigint NOT NULL CHECK (amount_max >= amount_min),
    note text NOT NULL,
    proposed_by text NOT NULL CHECK (proposed_by <> ''),
    proposed_at timestamptz NOT NULL,
    approved_by text CHECK (approved_by <> proposed_by),
    approved_at timestamptz,
    removed_by text,
    removed_at timestamptz,
    CHECK (counterparty <> '' OR line_text <> '')
);

-- What was on the lender's account at a bank before the first line of a day, known once two operators have said so.
CREATE TABLE account_openings (
    bank text PRIMARY KEY,
    opened_on date NOT NULL,
    balance bigint NOT NULL,
    note text NOT NULL,
    proposed_by text NOT NULL CHECK (proposed_by <> ''),
    proposed_at timestamptz NOT NULL,
    confirmed_by text CHECK (confirmed_by <> proposed_by),
    confirmed_at timestamptz
);

-- Each day's lines in all, in minus out, as they were read last, and the balances that the bank states itself.
CREATE TABLE settlement_days (
    bank text NOT NULL,
    day date NOT NULL,
    moved bigint NOT NULL,
    stated_before bigint,
    stated_after bigint,
    read_at timestamptz NOT NULL,
    PRIMARY KEY (bank, day)
);

-- An operator's word that a statement is right although lines stand between those that were read before: the first
-- `lines` of it, by their digest.
CREATE TABLE statement_words (
    id uuid PRIMARY KEY,
    bank text NOT NULL,
    day date NOT NULL,
    lines integer NOT NULL CHECK (lines > 0),
    digest bytea NOT NULL,
    said_by text NOT NULL CHECK (said_by <> ''),
    said_at timestamptz NOT NULL,
    note text NOT NULL
);
-- The table is new: nothing waits for this index.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX statement_words_day ON statement_words (bank, day);

-- A member's suspense may pay what the member owes.
-- squawk-ignore ban-drop-constraint
ALTER TABLE loan_entries DROP CONSTRAINT loan_entries_kind_check;
ALTER TABLE loan_entries ADD CONSTRAINT loan_entries_kind_check CHECK (
    kind IN ('advance', 'payment', 'surplus', 'return', 'fee', 'refund', 'withdrawal', 'set_off')
) NOT VALID;

GRANT SELECT, INSERT, UPDATE ON standing_rules, account_openings, settlement_days TO gateway_app;
GRANT SELECT, INSERT ON statement_words TO gateway_app;
