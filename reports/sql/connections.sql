-- One row is one connection in the greedy order: what it saves on top of all better ones.
SELECT c.rank, a.title_zh AS left_zh, b.title_zh AS right_zh, c.marginal_entries, c.marginal_hours, c.cumulative_share,
       sum(c.marginal_entries) OVER (ORDER BY c.rank) AS cumulative_entries
FROM warehouse.mart_connection c
JOIN warehouse.dim_platform a ON a.platform_id = c.left_platform_id
JOIN warehouse.dim_platform b ON b.platform_id = c.right_platform_id
WHERE c.rank IS NOT NULL
ORDER BY c.rank LIMIT $most
