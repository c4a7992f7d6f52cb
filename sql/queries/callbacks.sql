-- name: keep
INSERT INTO callbacks_inbox (bank, event_id, reference, kind, received_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (bank, event_id) DO NOTHING RETURNING event_id;

-- name: list_unworked
SELECT bank, event_id, reference, kind FROM callbacks_inbox
WHERE worked_at IS NULL ORDER BY received_at LIMIT $1;

-- name: hasten_inquiry
-- Only when to ask is changed; what the answer means is decided elsewhere. While a sender holds the
-- transfer its own answer comes first.
UPDATE transfers SET inquire_at = least(coalesce(inquire_at, $3), $3)
WHERE as_member($1) AND member_id = $1 AND id = $2 AND state <> 'submitting' AND attempt > 0;

-- name: mark_worked
UPDATE callbacks_inbox SET worked_at = $3 WHERE bank = $1 AND event_id = $2 AND worked_at IS NULL;
