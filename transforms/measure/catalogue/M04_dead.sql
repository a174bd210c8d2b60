-- One row is the share of dead platforms, or of platforms without an owner, in the province or one line.
WITH counted AS (
    SELECT CASE GROUPING(p.line_id) WHEN 1 THEN 'province' ELSE 'line' END AS grain,
        CASE GROUPING(p.line_id) WHEN 1 THEN 'all' ELSE p.line_id END AS grain_key,
        count(*) AS platforms, count(*) FILTER (u.class_code = 'zombie') AS dead,
        count(*) FILTER (p.has_owner IS NOT TRUE) AS without_owner
    FROM warehouse.dim_platform AS p JOIN warehouse.mart_usage_platform AS u USING (platform_id)
    GROUP BY GROUPING SETS ((), (p.line_id))
)
SELECT '' AS part, grain, grain_key, dead AS numerator, platforms AS denominator, ratio(dead, platforms) AS value FROM counted
UNION ALL
SELECT 'without_owner', grain, grain_key, without_owner, platforms, ratio(without_owner, platforms) FROM counted
