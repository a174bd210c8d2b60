-- One row is a record of a cluster that a further copy came into; `stands_for` is a record that was there before with the
-- same content, for one that was not.
WITH sibling AS (
    SELECT node, min(record_id) AS record_id
    FROM record
    WHERE node IN (SELECT node FROM copied) AND record_id NOT IN (SELECT record_id FROM copied)
    GROUP BY node
)

SELECT record.record_id, record.record_key, record.node, record.cluster,
    CASE WHEN copied.record_id IS NULL THEN record.record_id ELSE sibling.record_id END AS stands_for
FROM record
LEFT JOIN copied USING (record_id)
LEFT JOIN sibling ON sibling.node = record.node
WHERE record.cluster IN (SELECT cluster FROM copied)
ORDER BY record.record_id
