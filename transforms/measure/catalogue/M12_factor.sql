-- One row is the redundancy factor of the province or of one line, over the window's judged manual entries.
WITH epoch AS (
    SELECT p.line_id, e.person_id, e.attribute_code, e.epoch_no, count(*) AS entries
    FROM warehouse.mart_entry_class AS e JOIN warehouse.dim_platform AS p USING (platform_id)
    WHERE e.class_code IN ('intra', 'cross', 'conflict', 'first')
        AND e.entered_at >= day_start($window_start) AND e.entered_at < day_after($window_end)
    GROUP BY ALL
),
province AS (SELECT sum(entries) AS entries FROM epoch GROUP BY person_id, attribute_code, epoch_no)
SELECT 'province' AS grain, 'all' AS grain_key, sum(entries) AS numerator, count(*) AS denominator,
    ratio(numerator, denominator) AS value
FROM province
UNION ALL
SELECT 'line', line_id, sum(entries), count(*), ratio(sum(entries), count(*)) FROM epoch GROUP BY line_id
