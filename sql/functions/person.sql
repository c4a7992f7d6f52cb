-- A name as names of operators are compared: width and case folded, without what nobody sees. `person` in
-- gateway/domain/operator.py says the same, of all letters; what is written since is written so.
CREATE OR REPLACE FUNCTION person(p_name text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT btrim(regexp_replace(
        translate(lower(normalize(p_name, NFKC)), U&'\00AD\061C\200B\200C\200D\200E\200F\2060\FEFF', ''), '\s+', ' ', 'g'))
$$;
