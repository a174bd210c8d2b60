-- One row is a record that is asked about, in the order of asking; no node when the register doesn't hold it.
SELECT asked.record_id, record.node, record.cluster, node.texts
FROM asked
LEFT JOIN record USING (record_id)
LEFT JOIN node USING (node)
ORDER BY place
