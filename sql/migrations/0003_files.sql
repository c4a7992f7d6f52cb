-- Numbers that a bank wants on its calls, and never twice.

-- The first number of the next block; the row of lane 'money' counts for its bank.
ALTER TABLE bank_lanes ADD COLUMN next_number bigint NOT NULL DEFAULT 1;

-- The file of the transfer's last attempt, at a bank that takes files; empty again when that file was refused.
ALTER TABLE transfers ADD COLUMN file_id text;

-- A house table: the files that were sent to banks, with the exact bytes until they are at rest. A file is
-- 'stored' before it is sent and cleared by the bank's own word only. A row without items was never sent, and
-- holds its number so that a sender that is late cannot store it any more.
-- next_at: when somebody has to work on it, empty when it is at rest. reason, fault and not_before: why it was refused,
-- for which item, and until when.
CREATE TABLE bank_files (
    bank text NOT NULL,
    file_id text NOT NULL CHECK (file_id ~ '^[A-Za-z0-9-]{1,20}$'),
    content bytea,
    items jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('stored', 'accepted', 'refused', 'void', 'done')),
    fence bigint NOT NULL DEFAULT 0,
    tries integer NOT NULL DEFAULT 0,
    stored_at timestamptz NOT NULL,
    receipt text,
    reason text,
    fault text,
    not_before timestamptz,
    next_at timestamptz,
    lease_owner text,
    lease_until timestamptz,
    PRIMARY KEY (bank, file_id)
);

CREATE INDEX bank_files_open ON bank_files (next_at) WHERE next_at IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON bank_files TO gateway_app;
