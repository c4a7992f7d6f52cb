-- An opening balance that was said wrongly is taken back by two people. The row stands for the bank's opening again
-- then: nobody has confirmed it, and it may be proposed anew. A version that knows no withdrawal books no second opening:
-- commands of this version only, once one was withdrawn.
ALTER TABLE account_openings
    -- How many were taken back before.
    ADD COLUMN number integer NOT NULL DEFAULT 0,
    -- Up to which day statements were left unread for one that was taken back.
    ADD COLUMN was_opened_on date,
    -- One operator says that it is wrong, another confirms it.
    ADD COLUMN wrong_by text CHECK (wrong_by <> ''),
    ADD COLUMN withdrawn_by text CHECK (
        lower(btrim(normalize(withdrawn_by, NFKC))) <> lower(btrim(normalize(wrong_by, NFKC)))
    );
