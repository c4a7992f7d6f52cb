-- How many members' transfers wait at a bank for a later instant. Runs as the owner, and says a number only: a request
-- that asks sees no other member's row.
CREATE OR REPLACE FUNCTION count_queue(p_bank text, p_now timestamptz) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(*) FROM transfers t WHERE t.state = 'scheduled' AND t.bank = p_bank AND t.due_at > p_now
$$;
