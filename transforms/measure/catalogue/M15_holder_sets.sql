-- One row is one platform that held the values of one set of redundant entries: entries of one receiver with the same holders.
-- Connecting receiver and holder would have spared the whole set.
WITH holder_set AS (
    SELECT e.platform_id, string_split(e.holders, ',') AS holders, count(*) AS entries,
        $fixed_seconds * count(*) + $key_seconds * sum(a.keystrokes) AS seconds
    FROM warehouse.mart_entry_class AS e JOIN warehouse.dim_attribute AS a USING (attribute_code)
    WHERE e.class_code = 'cross' AND e.entered_at >= day_start($window_start) AND e.entered_at < day_after($window_end)
    GROUP BY ALL
),
numbered AS (SELECT *, row_number() OVER (ORDER BY platform_id, holders) AS set_no FROM holder_set),
holding AS (SELECT set_no, platform_id, entries, seconds, unnest(holders) AS holder_id FROM numbered)
SELECT set_no, entries, seconds,
    least(platform_id, holder_id) AS left_platform_id, greatest(platform_id, holder_id) AS right_platform_id
FROM holding
ORDER BY left_platform_id, right_platform_id, set_no
