-- One row is the share of eligible (platform, community) pairs with a sign of life in the twelve months up to the window's end.
WITH live AS (
    SELECT platform_id, community_code,
        bool_or(is_effective(account_kind_code, action_code, duration_s, $shortest_seconds)) AS is_strict
    FROM warehouse.fact_usage
    WHERE account_kind_code IN ('worker', 'resident')
        AND occurred_at >= day_start($window_end - INTERVAL 12 MONTH) AND occurred_at < day_after($window_end)
    GROUP BY ALL
),
counted AS (
    SELECT CASE GROUPING(p.line_id, e.platform_id) WHEN 3 THEN 'province' WHEN 1 THEN 'line' ELSE 'platform' END AS grain,
        CASE GROUPING(p.line_id, e.platform_id) WHEN 3 THEN 'all' WHEN 1 THEN p.line_id ELSE e.platform_id END AS grain_key,
        count(*) AS pairs, count(l.platform_id) AS live, count(*) FILTER (l.is_strict) AS strict
    FROM warehouse.dim_platform_community AS e
    JOIN warehouse.dim_platform AS p USING (platform_id)
    LEFT JOIN live AS l USING (platform_id, community_code)
    GROUP BY GROUPING SETS ((), (p.line_id), (e.platform_id))
)
SELECT '' AS part, grain, grain_key, live AS numerator, pairs AS denominator, ratio(live, pairs) AS value FROM counted
UNION ALL
SELECT 'strict', grain, grain_key, strict, pairs, ratio(strict, pairs) FROM counted
