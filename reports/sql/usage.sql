-- One row is one platform with its use in the window, most used first.
SELECT p.platform_id, p.title_zh, l.title_zh AS line_zh, u.class_code, u.class_zh, u.penetration, u.penetration_lower,
       u.reach, u.frequency, u.eligible_communities, u.log_completeness, u.is_retired
FROM warehouse.mart_usage_platform u
JOIN warehouse.dim_platform p USING (platform_id)
JOIN warehouse.dim_line l USING (line_id)
ORDER BY u.penetration DESC NULLS LAST, p.platform_id
