-- Surrogates whose history does not add up: one that lives was born once more than it ended, any other as often.
SELECT count(*)
FROM (
    SELECT
        {entity} AS entity_id,
        count_if(event_code IN ('created', 'split', 'restored')) - count_if(event_code IN ('merged', 'retired')) AS life
    FROM {events}
    GROUP BY ALL
) AS h
FULL JOIN (SELECT DISTINCT {entity} AS entity_id FROM {links}) AS l ON l.entity_id = h.entity_id
WHERE coalesce(h.life, 0) <> CASE WHEN l.entity_id IS NULL THEN 0 ELSE 1 END
