-- What happened to one surrogate, as itself or as the other one; the latest last.
SELECT event_id, generation, run_id, occurred_at, event_code, {entity} AS entity_id, other_id, record_count, decision_id
FROM {events}
WHERE {entity} = $id OR other_id = $id OR event_id = $id
ORDER BY generation, event_code, event_id
