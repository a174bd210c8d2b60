-- One row is a scored pair within the region.
SELECT left_node, right_node, pattern
FROM pair
WHERE left_node IN (SELECT node FROM region) AND right_node IN (SELECT node FROM region)
ORDER BY left_node, right_node
