-- name: abilities
-- What the login may, and how the server is set up: as much as reading the change log needs.
SELECT
    current_user::text AS login,
    current_setting('wal_level') AS wal_level,
    current_setting('max_slot_wal_keep_size') AS keeps,
    r.rolreplication OR r.rolsuper AS may_replicate,
    ARRAY(
        SELECT t.name FROM unnest(ARRAY['transfers', 'repayments', 'bank_files', 'review_items']) AS t (name)
        WHERE to_regclass(t.name) IS NULL OR NOT has_table_privilege(to_regclass(t.name), 'SELECT')
    ) AS unreadable
FROM pg_roles AS r WHERE r.rolname = current_user;

-- name: create_slot
-- Temporary: it is gone with its connection, however that ends, and holds no log back after that.
SELECT pg_create_logical_replication_slot($1, 'test_decoding', TRUE);

-- name: drop_slot
-- At once, not only when the server notices that the connection is gone.
SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1;

-- name: snapshot
SELECT pg_current_snapshot()::text AS snapshot;

-- name: written_up_to
SELECT pg_current_wal_flush_lsn()::text AS lsn;

-- name: changes
-- What was committed up to a place in the log and not read before, so many lines at a time, whole transactions.
SELECT lsn::text AS lsn, xid::text AS xid, data FROM pg_logical_slot_get_changes(
    $1, $2::text::pg_lsn, $3, 'skip-empty-xacts', '1');

-- name: transfers
SELECT * FROM transfers WHERE member_id = $1 AND id = $2;

-- name: repayments
SELECT * FROM repayments WHERE member_id = $1 AND id = $2;

-- name: bank_files
SELECT * FROM bank_files WHERE bank = $1 AND file_id = $2;

-- name: review_items
SELECT * FROM review_items WHERE member_id = $1 AND id = $2;
