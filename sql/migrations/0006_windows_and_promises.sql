-- breaking: a version that knows no windows takes one for a hold without an end, and cannot hold a bank any more.

-- A stop with two instants is a one-off window: closed from begins_at, open again from ends_at. Without them it is a
-- hold, in force until it is released.
ALTER TABLE bank_stops ADD COLUMN begins_at timestamptz;
ALTER TABLE bank_stops ADD COLUMN ends_at timestamptz;
-- What is scheduled has been planned again up to this instant, by what the stop says.
ALTER TABLE bank_stops ADD COLUMN replanned_at timestamptz;
ALTER TABLE bank_stops ADD CONSTRAINT bank_stops_window CHECK (
    (begins_at IS NULL AND ends_at IS NULL) OR (begins_at IS NOT NULL AND ends_at > begins_at)
) NOT VALID;

-- Two windows may bear one name. The table is small.
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX bank_stops_once;
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX bank_stops_once ON bank_stops (bank, reason) WHERE released_at IS NULL AND ends_at IS NULL;

-- What the member was told at acceptance: from when, and by when at the latest, the money is in the account. Empty
-- where nobody could tell. quote_id: the quote that the request named.
ALTER TABLE transfers ADD COLUMN quote_id uuid;
ALTER TABLE transfers ADD COLUMN credited_at timestamptz;
ALTER TABLE transfers ADD COLUMN credited_by timestamptz;

-- Each bank's queue is worked and counted by itself. Only what is scheduled is in it.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX transfers_queue ON transfers (bank, due_at, id) WHERE state = 'scheduled';
