-- The records behind the events of this generation, with what they were before: for a merge both sides whole, for one
-- that was retired all it had, for any other event the records that changed hands.
INSERT INTO {records} (event_id, record_id, {entity})
SELECT e.event_id, b.record_id, b.entity_id
FROM {events} AS e
JOIN link_before AS b ON b.entity_id = e.{entity} OR (b.entity_id = e.other_id AND e.event_code = 'merged')
WHERE e.generation = $generation AND e.event_code IN ('merged', 'retired')
UNION ALL
SELECT e.event_id, m.record_id, m.from_id
FROM {events} AS e
JOIN move AS m ON m.from_id = e.other_id AND m.to_id = e.{entity}
WHERE e.generation = $generation AND e.event_code IN ('split', 'restored', 'moved')
