-- One row is a scored pair that a node of the core is in.
CREATE OR REPLACE TEMP TABLE core_pair AS
SELECT left_node, right_node, pattern
FROM pair
WHERE left_node IN (FROM core) OR right_node IN (FROM core)
