-- Branches that opened after the release whose table of branches is in use: known to the gateway until a newer release
-- has them. Only operators' commands add to it; nothing is changed or taken away.
CREATE TABLE branches_added (
    bank text NOT NULL,
    branch text NOT NULL CHECK (branch ~ '^[0-9]{3}$'),
    name text NOT NULL CHECK (name <> ''),
    added_by text NOT NULL CHECK (added_by <> ''),
    added_at timestamptz NOT NULL,
    PRIMARY KEY (bank, branch)
);

GRANT SELECT ON branches_added TO gateway_member;
GRANT SELECT, INSERT ON branches_added TO gateway_app, gateway_ops;
