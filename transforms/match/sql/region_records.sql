-- One row is a record of the region.
SELECT record_id, record_key, node, cluster FROM record JOIN region USING (node) ORDER BY record_id
