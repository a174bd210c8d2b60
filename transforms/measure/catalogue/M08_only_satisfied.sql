-- One row is the share of rated platforms on which only satisfied ratings seem to work, in the province or one line.
SELECT CASE GROUPING(p.line_id) WHEN 1 THEN 'province' ELSE 'line' END AS grain,
    CASE GROUPING(p.line_id) WHEN 1 THEN 'all' ELSE p.line_id END AS grain_key,
    count(*) FILTER (s.is_only_satisfied) AS numerator, count(*) AS denominator, ratio(numerator, denominator) AS value
FROM warehouse.mart_satisfaction_platform AS s JOIN warehouse.dim_platform AS p USING (platform_id)
WHERE s.valid_ratings > 0
GROUP BY GROUPING SETS ((), (p.line_id))
HAVING count(*) > 0
