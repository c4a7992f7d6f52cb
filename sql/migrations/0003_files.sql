-- Numbers that a bank wants on its calls, and never twice.

-- The first number of the next block; the row of lane 'money' counts for its bank.
ALTER TABLE bank_lanes ADD COLUMN next_number bigint NOT NULL DEFAULT 1;
