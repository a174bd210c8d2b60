-- The events that concerned one record.
SELECT e.event_id
FROM {records} AS r
JOIN {events} AS e ON e.event_id = r.event_id
WHERE r.record_id = $id
ORDER BY e.generation, e.event_id
