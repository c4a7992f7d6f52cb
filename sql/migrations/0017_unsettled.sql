-- What is listed for operators and counted every ten seconds, found without reading all that was ever settled.
-- The build holds back writers of the table. On a large database build it with CREATE INDEX CONCURRENTLY under the same
-- name first: this file then finds it there.

-- A transfer enters it when it is accepted and leaves it when it is settled.
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX IF NOT EXISTS transfers_unsettled ON transfers (state, id) WHERE state <> 'settled';
