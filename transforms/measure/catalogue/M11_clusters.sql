-- One row is one person's judged entries in the window, in the province, in one line and on one platform: what the interval is
-- resampled from. numerator_low counts the repeats that stand without doubtful links, numerator_high adds the entries that are
-- no repeats only because their person is in doubt.
WITH judged AS (
    SELECT person_id, platform_id,
        count(*) AS denominator,
        count(*) FILTER (class_code = 'cross') AS numerator,
        count(*) FILTER (is_sure) AS numerator_low,
        count(*) FILTER (is_possible) AS numerator_high
    FROM warehouse.mart_entry_class
    WHERE class_code IN ('intra', 'cross', 'conflict', 'first')
        AND entered_at >= day_start($window_start) AND entered_at < day_after($window_end)
    GROUP BY ALL
)
SELECT CASE GROUPING(p.line_id, j.platform_id) WHEN 3 THEN 'province' WHEN 1 THEN 'line' ELSE 'platform' END AS grain,
    CASE GROUPING(p.line_id, j.platform_id) WHEN 3 THEN 'all' WHEN 1 THEN p.line_id ELSE j.platform_id END AS grain_key,
    j.person_id AS cluster,
    sum(j.numerator) AS numerator, sum(j.denominator) AS denominator,
    sum(j.numerator_low) AS numerator_low, sum(j.numerator_high) AS numerator_high
FROM judged AS j JOIN warehouse.dim_platform AS p USING (platform_id)
GROUP BY GROUPING SETS ((j.person_id), (j.person_id, p.line_id), (j.person_id, j.platform_id))
ORDER BY grain, grain_key, cluster
