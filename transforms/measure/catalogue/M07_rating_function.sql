-- One row is the share of platforms on which residents can rate, or are said to, in the province or one line.
WITH counted AS (
    SELECT CASE GROUPING(p.line_id) WHEN 1 THEN 'province' ELSE 'line' END AS grain,
        CASE GROUPING(p.line_id) WHEN 1 THEN 'all' ELSE p.line_id END AS grain_key,
        count(*) AS platforms, count(*) FILTER (p.has_rating) AS registered,
        count(*) FILTER (p.has_rating AND s.valid_ratings > 0) AS working
    FROM warehouse.dim_platform AS p LEFT JOIN warehouse.mart_satisfaction_platform AS s USING (platform_id)
    GROUP BY GROUPING SETS ((), (p.line_id))
)
SELECT '' AS part, grain, grain_key, working AS numerator, platforms AS denominator, ratio(working, platforms) AS value FROM counted
UNION ALL
SELECT 'registered', grain, grain_key, registered, platforms, ratio(registered, platforms) FROM counted
