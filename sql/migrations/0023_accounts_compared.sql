-- Names asked of banks, counted by member and by account, and accounts that two members registered.

-- How many checks a subject (a keyed digest) had on its last day.
CREATE TABLE name_checks (
    subject bytea PRIMARY KEY,
    day date NOT NULL,
    checks integer NOT NULL CHECK (checks > 0)
);

-- When an account was compared with those of other members; NULL: not yet.
ALTER TABLE accounts ADD COLUMN compared_at timestamptz;
-- Each build holds back writers of a small table: accounts are few, and registered rarely.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX accounts_not_compared ON accounts (registered_at) WHERE compared_at IS NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX accounts_by_number ON accounts (bank, number, branch, type) WHERE removed_at IS NULL;

GRANT SELECT, INSERT, UPDATE ON name_checks TO gateway_app, gateway_member;
GRANT SELECT ON name_checks TO gateway_ops;
