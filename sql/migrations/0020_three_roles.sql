-- Three roles instead of one, each with what it needs (docs/privileges.md). gateway_member: what a member asks for.
-- gateway_app: work over many members. gateway_ops: what operators look at and say. Members and loans are made by
-- operators; nobody but the owner changes what was agreed on.
-- A version of before works as gateway_app for everything. It keeps all that its servers and its commands need but two:
-- only this version's commands make operators and their tokens, and only its operators' desk enrols.
REVOKE INSERT, UPDATE ON members, loans FROM gateway_app;
REVOKE INSERT ON login_names FROM gateway_app;
REVOKE INSERT, UPDATE ON operators, operator_tokens FROM gateway_app;
GRANT UPDATE (pin_hash, pin_failures, pin_failures_on, pin_locked_at, pin_round) ON members TO gateway_app;
GRANT UPDATE (
    reserved, principal, suspense, event_no, version, due_on, is_due_known, last_effective_on, last_at
) ON loans TO gateway_app;

GRANT SELECT ON
members, loans, accounts, idempotency_keys, transfers, postings, events, bank_attempts, loan_entries, repayments,
review_items, login_names, login_sources, login_networks, refused_sign_ins, misuse_counts, sessions, callbacks_inbox,
bank_lanes, bank_stops, bank_files, daily_runs, statement_lines, request_quotas
TO gateway_member;
GRANT INSERT ON
accounts, idempotency_keys, transfers, postings, events, bank_attempts, loan_entries, repayments, review_items,
login_sources, login_networks, refused_sign_ins, misuse_counts, sessions, callbacks_inbox, bank_lanes, bank_stops,
daily_runs, request_quotas
TO gateway_member;
GRANT UPDATE ON
transfers, repayments, login_sources, login_networks, misuse_counts, bank_lanes, daily_runs, request_quotas
TO gateway_member;
GRANT UPDATE (removed_at) ON accounts TO gateway_member;
GRANT UPDATE (seen_at, closed_at) ON sessions TO gateway_member;
GRANT UPDATE (pin_hash, pin_failures, pin_failures_on, pin_locked_at, pin_round) ON members TO gateway_member;
GRANT UPDATE (
    reserved, principal, suspense, event_no, version, due_on, is_due_known, last_effective_on, last_at
) ON loans TO gateway_member;
GRANT DELETE ON request_quotas TO gateway_member;

GRANT SELECT ON
members, loans, accounts, idempotency_keys, transfers, postings, events, bank_attempts, loan_entries, repayments,
review_items, login_names, login_sources, sessions, callbacks_inbox, bank_lanes, bank_stops, bank_files, daily_runs,
operator_actions, operators, operator_tokens, settlement_marks, settlement_days, account_openings, standing_rules,
statement_words, statement_lines, request_quotas, login_networks, refused_sign_ins, misuse_counts, misuse_alarms
TO gateway_ops;
GRANT INSERT ON
members, loans, login_names, accounts, review_items, postings, bank_stops, bank_lanes, operator_actions, operators,
operator_tokens, account_openings, standing_rules, statement_words
TO gateway_ops;
GRANT UPDATE (pin_failures, pin_failures_on, pin_locked_at) ON members TO gateway_ops;
GRANT UPDATE (closed_at) ON sessions TO gateway_ops;
GRANT UPDATE ON review_items, login_sources, login_networks, bank_files, bank_stops, daily_runs, bank_lanes, account_openings,
standing_rules TO gateway_ops;
GRANT UPDATE (role) ON operators TO gateway_ops;
GRANT UPDATE (revoked_at) ON operator_tokens TO gateway_ops;
