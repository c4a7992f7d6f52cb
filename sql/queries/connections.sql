-- name: give
-- By a statement, and not as the connection is started: poolers pass on no words of a start that they do not know.
-- Compiling statements of a few rows (jit) costs more than running them.
SELECT set_config('role', $1, FALSE), set_config('statement_timeout', $2, FALSE), set_config('lock_timeout', $3, FALSE),
    set_config('idle_in_transaction_session_timeout', $4, FALSE), set_config('timezone', $5, FALSE),
    set_config('jit', 'off', FALSE);

-- name: as_given
-- What the session is, to be held to what was asked for; times in seconds.
SELECT current_user::text AS role,
    extract(EPOCH FROM current_setting('statement_timeout')::interval)::double precision AS statement_timeout,
    extract(EPOCH FROM current_setting('lock_timeout')::interval)::double precision AS lock_timeout,
    extract(EPOCH FROM current_setting('idle_in_transaction_session_timeout')::interval)::double precision
        AS idle_in_transaction_session_timeout,
    current_setting('timezone') AS timezone;

-- name: mark
SELECT set_config('gateway.session', 'marked', FALSE);

-- name: is_marked
-- Asked by the simple protocol, which tells no answers: where the mark is not, it divides by zero.
SELECT 1 / coalesce(current_setting('gateway.session', TRUE) = 'marked', FALSE)::integer;
