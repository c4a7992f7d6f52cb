-- How far each caller's quota of requests is used up, shared by all processes. used_until: the instant at which it is
-- whole again. A keyed look-up that lives for a minute: it need not survive a crash, and costs no write to the log.
CREATE UNLOGGED TABLE request_quotas (
    key bytea PRIMARY KEY,
    used_until timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON request_quotas TO gateway_app;
