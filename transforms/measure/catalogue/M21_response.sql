-- One row is the share of closed cases that somebody rated, in the province, one line or one platform.
SELECT CASE GROUPING(p.line_id, s.platform_id) WHEN 3 THEN 'province' WHEN 1 THEN 'line' ELSE 'platform' END AS grain,
    CASE GROUPING(p.line_id, s.platform_id) WHEN 3 THEN 'all' WHEN 1 THEN p.line_id ELSE s.platform_id END AS grain_key,
    coalesce(sum(rated_cases), 0) AS numerator, sum(closed_cases) AS denominator, ratio(numerator, denominator) AS value,
    wilson_lower(numerator, denominator) AS lower, wilson_upper(numerator, denominator) AS upper
FROM warehouse.mart_satisfaction_platform AS s JOIN warehouse.dim_platform AS p USING (platform_id)
WHERE closed_cases > 0
GROUP BY GROUPING SETS ((), (p.line_id), (s.platform_id))
HAVING denominator > 0
