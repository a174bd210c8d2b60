-- One row is a node of a cluster, with a record that stands for it.
SELECT node, min(record_id) AS record_id, any_value(texts) AS texts
FROM record
JOIN node USING (node)
WHERE cluster = ?
GROUP BY node
ORDER BY node
