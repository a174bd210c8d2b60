-- Records of surrogates that were merged away and are nobody's now, as they were at their last merge.
SELECT r.record_id, r.{entity} AS entity_id
FROM {records} AS r
JOIN {events} AS e ON e.event_id = r.event_id AND e.{entity} = r.{entity} AND e.event_code = 'merged'
ANTI JOIN (SELECT DISTINCT {entity} FROM {links}) AS l ON l.{entity} = r.{entity}
QUALIFY e.generation = max(e.generation) OVER (PARTITION BY r.{entity})
ORDER BY 1, 2
