-- Who may use the operators' API, and the tokens that show it. Of a token only the hash is stored.
CREATE TABLE operators (
    name text PRIMARY KEY,
    role text NOT NULL CHECK (role IN ('viewer', 'operator', 'approver')),
    added_at timestamptz NOT NULL
);

CREATE TABLE operator_tokens (
    id uuid PRIMARY KEY,
    operator text NOT NULL,
    secret_sha256 bytea NOT NULL UNIQUE,
    issued_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    revoked_at timestamptz
);

GRANT SELECT, INSERT, UPDATE ON operators, operator_tokens TO gateway_app;
