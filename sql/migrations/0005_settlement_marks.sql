-- What the lender has at each bank by the ledger, known at any time without adding up all that was ever posted.

-- When the database wrote the row, by its own clock (recorded_at is business time, handed in, and may go back).
-- What was there before this file is older than everything.
ALTER TABLE postings ADD COLUMN written_at timestamptz NOT NULL DEFAULT '-infinity';
ALTER TABLE postings ALTER COLUMN written_at SET DEFAULT now();

-- The column above has locked the table until this file is done; it would be no shorter with CONCURRENTLY, which no
-- transaction allows.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX postings_written ON postings (written_at);

-- A house table: balance of settlement_cash:{bank} by the postings written before counted_until.
-- low_step: the step that found the balance below the low-water mark, empty while it is above.
CREATE TABLE settlement_marks (
    bank text PRIMARY KEY,
    balance bigint NOT NULL DEFAULT 0,
    counted_until timestamptz NOT NULL,
    low_step uuid
);

INSERT INTO settlement_marks (bank, balance, counted_until)
SELECT
    substr(a.account, length('settlement_cash:') + 1) AS bank,
    sum(a.amount)::bigint AS balance,
    '2000-01-01 00:00:00+00'::timestamptz AS counted_until
FROM postings AS p, LATERAL (VALUES (p.debit, p.amount), (p.credit, -p.amount)) AS a (account, amount)
WHERE a.account LIKE 'settlement\_cash:%'
GROUP BY a.account;

GRANT SELECT, INSERT, UPDATE ON settlement_marks TO gateway_app;
