-- One row is a node that a record is taken out of.
CREATE OR REPLACE TEMP TABLE left_node AS
SELECT DISTINCT node FROM record WHERE record_key IN (SELECT record_key FROM gone)
