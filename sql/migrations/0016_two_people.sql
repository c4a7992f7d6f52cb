-- Two people are two, however their names are typed: ' Sato ' does not confirm what 'sato' has proposed. What was
-- closed before is not tested again.
ALTER TABLE review_items ADD CONSTRAINT review_items_two_people CHECK (
    confirmed_by IS NULL
    OR lower(btrim(normalize(confirmed_by, NFKC))) <> lower(btrim(normalize(proposed_by, NFKC)))
) NOT VALID;
