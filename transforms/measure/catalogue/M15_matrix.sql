-- One row is one ordered pair of platforms: what the second typed in the window although the first held it.
-- Sums of fractions are rounded: whatever the order of adding, the same digits.
-- The first-holder and the fractional columns each add up to all redundant entries (M15_conserved.sql); any-holder does not.
WITH holder_set AS (
    SELECT platform_id, attribute_code, string_split(holders, ',') AS holders, count(*) AS entries
    FROM warehouse.mart_entry_class
    WHERE class_code = 'cross' AND entered_at >= day_start($window_start) AND entered_at < day_after($window_end)
    GROUP BY ALL
),
holding AS (
    SELECT platform_id, attribute_code, entries, len(holders) AS holder_count,
        unnest(holders) AS holder_id, generate_subscripts(holders, 1) AS place
    FROM holder_set
)
SELECT holder_id AS holder_platform_id, platform_id AS receiver_platform_id,
    coalesce(sum(entries) FILTER (place = 1), 0)::BIGINT AS first_holder_entries,
    round(sum(entries / holder_count::DOUBLE), 6) AS fractional_entries,
    sum(entries)::BIGINT AS any_holder_entries,
    $fixed_seconds * sum(entries) + $key_seconds * sum(entries * a.keystrokes) AS any_holder_seconds
FROM holding JOIN warehouse.dim_attribute AS a USING (attribute_code)
GROUP BY ALL
