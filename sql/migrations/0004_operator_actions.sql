-- What operators did by hand: who, what, to whom. Append-only by privilege.
CREATE TABLE operator_actions (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    operator text NOT NULL CHECK (operator <> ''),
    action text NOT NULL,
    member_id uuid,
    details jsonb NOT NULL
);

CREATE INDEX operator_actions_member ON operator_actions (member_id, at);

GRANT SELECT, INSERT ON operator_actions TO gateway_app;
