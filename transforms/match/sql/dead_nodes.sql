-- One row is a node that no record is left in.
CREATE OR REPLACE TEMP TABLE dead_node AS
SELECT node FROM left_node WHERE node NOT IN (SELECT node FROM record WHERE node IN (SELECT node FROM left_node))
