-- Let a bank's day be reconciled (once more), as queries/daily_runs.sql does, in the step that gives reason to: a day
-- that no process has run yet is due, too.
CREATE OR REPLACE FUNCTION run_day_again(p_bank text, p_day date, p_now timestamptz) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO daily_runs AS d (name, bank, day, state, tries, started_at, next_at)
    VALUES ('reconcile', p_bank, p_day, 'failed', 0, p_now, p_now)
    ON CONFLICT (name, bank, day) DO UPDATE SET state = CASE WHEN d.state = 'done' THEN 'failed' ELSE d.state END,
        tries = CASE WHEN d.state = 'done' THEN 0 ELSE d.tries END, next_at = excluded.next_at
    WHERE d.state IN ('done', 'running')
$$;
