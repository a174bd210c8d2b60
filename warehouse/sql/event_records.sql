-- The records of chosen events, with the surrogate that each had before and has now.
SELECT r.event_id, r.record_id, r.{entity} AS before_id, l.{entity} AS now_id
FROM {records} AS r
LEFT JOIN {links} AS l ON l.record_id = r.record_id
WHERE list_contains($events, r.event_id)
ORDER BY r.record_id
