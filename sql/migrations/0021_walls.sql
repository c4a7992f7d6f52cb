-- A second wall around what is a member's own: whatever a statement's own conditions say, gateway_member sees and writes
-- the rows of the one member whom the statement names (as_member sets gateway.member), and where it names nobody the
-- setting is not there, which raises: a wall that was forgotten is a fault, never an empty table. A call of the operator's
-- function and not the operator: that the planner would reckon with before the statement has named its member.
-- Work over many members and operators see every row, as before, and so does a version of before, which works as
-- gateway_app. A later table whose primary key begins with the member gets the same three lines.
DO $$
DECLARE
    v_table text;
BEGIN
    FOR v_table IN
        SELECT x.indrelid::regclass::text FROM pg_index x
        JOIN pg_class c ON c.oid = x.indrelid
        JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]
        WHERE x.indisprimary AND a.attname = 'member_id' AND c.relnamespace = current_schema()::regnamespace
        ORDER BY 1
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', v_table);
        EXECUTE format('CREATE POLICY own ON %s TO gateway_member'
            ' USING (uuid_eq(member_id, current_setting(''gateway.member'')::uuid))', v_table);
        EXECUTE format('CREATE POLICY every ON %s TO gateway_app, gateway_ops USING (TRUE)', v_table);
    END LOOP;
END
$$;
