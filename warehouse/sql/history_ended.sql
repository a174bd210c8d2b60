-- Surrogates of earlier generations that nobody has now.
SELECT DISTINCT {entity} AS entity_id FROM {events}
ANTI JOIN (SELECT DISTINCT {entity} FROM {links}) USING ({entity})
ORDER BY 1
