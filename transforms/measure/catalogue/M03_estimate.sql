-- One row is one eligible community of one platform: what reach and penetration, and their intervals, are made of.
WITH used AS (
    SELECT platform_id, community_code, sum(active_days) AS active_days FROM warehouse.mart_usage_community GROUP BY ALL
),
working AS (
    SELECT count(*) AS days FROM warehouse.dim_calendar WHERE is_workday AND date BETWEEN $window_start AND $window_end
),
community AS (
    SELECT e.platform_id, e.community_code, coalesce(u.active_days, 0) AS active_days, w.days
    FROM warehouse.dim_platform_community AS e CROSS JOIN working AS w
    LEFT JOIN used AS u USING (platform_id, community_code)
)
SELECT 'penetration' AS part, 'platform' AS grain, platform_id AS grain_key, community_code AS cluster,
    active_days AS numerator, days AS denominator
FROM community
UNION ALL
SELECT 'reach', 'platform', platform_id, community_code, (active_days > 0)::INT, 1 FROM community
ORDER BY part, grain_key, cluster
