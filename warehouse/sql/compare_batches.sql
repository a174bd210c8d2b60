-- Batches that only one of both generations holds.
WITH held AS (
    SELECT 'before' AS side, platform_id, batch_id, sum(landed_rows)::BIGINT AS landed_rows
    FROM "before".main.ctl_batch GROUP BY ALL
    UNION ALL
    SELECT 'after', platform_id, batch_id, sum(landed_rows)::BIGINT FROM "after".main.ctl_batch GROUP BY ALL
)
SELECT any_value(side) AS side, platform_id, batch_id, any_value(landed_rows) AS landed_rows
FROM held
GROUP BY platform_id, batch_id
HAVING count(*) = 1
ORDER BY platform_id, batch_id
