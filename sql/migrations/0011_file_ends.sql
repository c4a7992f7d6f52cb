-- How often a file was given to a sender, the first included: only the first sender's own "nothing left this machine"
-- voids a file. What was there before was taken once for each fence: too many are counted, never too few.
-- word: how the file ends by the bank's word to people (as, receipt, by, at, note), and who confirmed it (confirmed_by).
ALTER TABLE bank_files ADD COLUMN sendings integer NOT NULL DEFAULT 1;
ALTER TABLE bank_files ADD COLUMN word jsonb;

UPDATE bank_files SET sendings = fence + 1 WHERE fence > 0;
