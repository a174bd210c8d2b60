-- One row is a pair of a new node and another that share a block which has not outgrown its limit.
WITH small AS (
    SELECT block
    FROM block
    JOIN (SELECT DISTINCT block, max_block FROM lookup) USING (block)
    GROUP BY block, max_block
    HAVING count(*) <= max_block
)

SELECT DISTINCT least(arrived.node, block.node) AS left_node, greatest(arrived.node, block.node) AS right_node
FROM lookup AS arrived
JOIN small USING (block)
JOIN block USING (block)
WHERE arrived.node <> block.node
