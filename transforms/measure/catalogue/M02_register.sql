-- One row is the share of platforms whose entry in the register is complete, in the province or one line.
SELECT CASE GROUPING(line_id) WHEN 1 THEN 'province' ELSE 'line' END AS grain,
    CASE GROUPING(line_id) WHEN 1 THEN 'all' ELSE line_id END AS grain_key,
    count(*) FILTER (title_zh <> '' AND line_id <> '' AND owner_org <> '' AND has_owner
        AND go_live_date IS NOT NULL AND family <> '') AS numerator,
    count(*) AS denominator, ratio(numerator, denominator) AS value
FROM warehouse.dim_platform
GROUP BY GROUPING SETS ((), (line_id))
