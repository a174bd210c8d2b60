-- One row is a cluster that holds an arriving copy's equals, with one of them.
SELECT cluster, min(record_id) AS record_id
FROM record
WHERE node IN (SELECT node FROM copies) AND record_id NOT IN (SELECT record_id FROM copies)
GROUP BY cluster
