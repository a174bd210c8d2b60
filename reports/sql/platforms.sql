-- One row is one platform with its line and the freshness of its data.
SELECT p.platform_id, p.title_zh, p.title_en, l.title_zh AS line_zh, p.owner_org, coalesce(s.is_stale, true) AS is_stale,
       s.error_code, s.error_text
FROM warehouse.dim_platform p
JOIN warehouse.dim_line l USING (line_id)
LEFT JOIN warehouse.ctl_platform_state s USING (platform_id)
ORDER BY p.platform_id
