-- One row is the hours spent on redundant entries in the province, one line or one platform: mid as value, low and high as ends.
WITH typed AS (
    SELECT r.platform_id, r.entries, a.keystrokes * r.entries AS keys, 0 AS forms
    FROM warehouse.mart_redundancy_class AS r JOIN warehouse.dim_attribute AS a USING (attribute_code)
    WHERE r.class_code = 'cross'
    UNION ALL
    SELECT platform_id, 0, 0, count(DISTINCT (person_id, entered_at))
    FROM warehouse.mart_entry_class
    WHERE class_code = 'cross' AND entered_at >= day_start($window_start) AND entered_at < day_after($window_end)
    GROUP BY platform_id
),
summed AS (
    SELECT CASE GROUPING(p.line_id, t.platform_id) WHEN 3 THEN 'province' WHEN 1 THEN 'line' ELSE 'platform' END AS grain,
        CASE GROUPING(p.line_id, t.platform_id) WHEN 3 THEN 'all' WHEN 1 THEN p.line_id ELSE t.platform_id END AS grain_key,
        coalesce(sum(t.entries), 0) AS entries, coalesce(sum(t.keys), 0) AS keys,
        coalesce(sum(t.entries), 0) * $fixed_seconds + coalesce(sum(t.forms), 0) * $switch_seconds AS fixed
    FROM typed AS t JOIN warehouse.dim_platform AS p USING (platform_id)
    GROUP BY GROUPING SETS ((), (p.line_id), (t.platform_id))
)
SELECT grain, grain_key, entries AS numerator,
    (fixed + keys * $key_seconds) / 3600 AS value,
    (fixed + keys * $key_seconds_low) / 3600 AS lower,
    (fixed + keys * $key_seconds_high) / 3600 AS upper
FROM summed
