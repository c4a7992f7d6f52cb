-- Say whose rows this statement is about: what row level security lets through from here on, until its end. In a
-- function it is the first thing declared; in a query it stands beside the condition on the member, and because it depends on no
-- row it is asked once, before any table is read. It is true.
CREATE OR REPLACE FUNCTION as_member(p_member uuid) RETURNS boolean
LANGUAGE plpgsql STABLE COST 1 AS $$
BEGIN
    RETURN set_config('gateway.member', p_member::text, TRUE) IS NOT NULL;
END $$;
