-- One row is the median time from closing to the rating of the closing, over valid ratings in the province or one line.
WITH closed AS (
    SELECT platform_id, source_key AS case_no, close_at FROM warehouse.fact_case
    UNION ALL
    SELECT platform_id, source_key, closed_at FROM warehouse.fact_ticket
),
rated AS (
    SELECT DISTINCT ON (f.record_id) p.line_id, epoch(f.rated_at - c.close_at) / 60 AS minutes
    FROM warehouse.mart_rating_class AS r
    JOIN warehouse.fact_rating AS f USING (record_id)
    JOIN closed AS c ON c.platform_id = f.platform_id AND c.case_no = f.case_no
    JOIN warehouse.dim_platform AS p ON p.platform_id = f.platform_id
    WHERE r.class_code = 'valid' AND f.stage_code = 'close' AND f.rated_at >= c.close_at
    ORDER BY f.record_id, c.close_at
)
SELECT 'minutes' AS part, CASE GROUPING(line_id) WHEN 1 THEN 'province' ELSE 'line' END AS grain,
    CASE GROUPING(line_id) WHEN 1 THEN 'all' ELSE line_id END AS grain_key, median(minutes) AS value, count(*) AS denominator
FROM rated GROUP BY GROUPING SETS ((), (line_id))
HAVING count(*) > 0
