-- One row is a block that a new node would lie in, with how many nodes the register holds there.
CREATE OR REPLACE TEMP TABLE lookup AS
WITH held AS (
    SELECT block, count(*) AS nodes FROM block WHERE block IN (SELECT block FROM looked_up) GROUP BY block
)

SELECT looked_up.*, coalesce(held.nodes, 0) AS held FROM looked_up LEFT JOIN held USING (block)
