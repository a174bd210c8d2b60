-- The other surrogates that were merged into the same one in the same generation.
SELECT event_id, {entity} AS entity_id
FROM {events}
WHERE generation = $generation AND event_code = 'merged' AND other_id = $other AND event_id <> $event
ORDER BY event_id
