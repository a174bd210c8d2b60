-- One row is a node of the core, of its pairs, or of a cluster with one of these.
CREATE OR REPLACE TEMP TABLE around AS
WITH met AS (
    SELECT node FROM core
    UNION
    SELECT left_node FROM core_pair
    UNION
    SELECT right_node FROM core_pair
)

SELECT DISTINCT node FROM record WHERE cluster IN (SELECT cluster FROM record WHERE node IN (FROM met))
