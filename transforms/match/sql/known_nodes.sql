-- One row is a node of the register that an arriving record is equal to: how many records and clusters it has.
SELECT node, any_value(component) AS component, count(*) AS records, count(DISTINCT cluster) AS clusters,
    min(cluster) AS cluster, min(record_key) AS smallest
FROM node
JOIN record USING (node)
WHERE node IN (SELECT node FROM arriving_node)
GROUP BY node
ORDER BY node
