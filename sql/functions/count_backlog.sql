-- How many members' transfers are due and wait to be sent, counted to the limit only. Runs as the owner, and says a
-- number only: a request that asks sees no other member's row.
CREATE OR REPLACE FUNCTION count_backlog(p_now timestamptz, p_limit bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(*) FROM (
        SELECT 1 FROM transfers t WHERE t.state = 'scheduled' AND t.due_at <= p_now LIMIT p_limit) AS due
$$;
