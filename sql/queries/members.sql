-- name: claim_login_name
-- The first to take a name keeps it.
INSERT INTO login_names (kind, name, member_id) VALUES ('member_number', $1, $2)
ON CONFLICT (kind, name) DO NOTHING;

-- name: find_by_login_name
SELECT member_id FROM login_names WHERE kind = 'member_number' AND name = $1;

-- name: find
SELECT kana, status FROM members WHERE as_member($1) AND member_id = $1;

-- name: enrol
SELECT * FROM enrol_borrower($1, $2, $3, $4, $5, $6, $7, $8, $9, $10);

-- name: begin_pin_check
SELECT * FROM begin_pin_check($1, $2, $3);

-- name: pass_pin_check
SELECT * FROM pass_pin_check($1, $2, $3, $4, $5, $6, $7);
