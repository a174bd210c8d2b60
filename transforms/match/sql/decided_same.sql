-- One row is a pair of nodes within a cluster that a person decided to be one.
SELECT a.node AS a, b.node AS b
FROM decision
JOIN record AS a ON decision.left_id = a.record_id
JOIN record AS b ON decision.right_id = b.record_id
WHERE judgement = 'same' AND a.node IN (SELECT node FROM inside) AND b.node IN (SELECT node FROM inside)
