-- One row: how many platforms hold a value on average, on the last day of the window. Platforms that hold one value within shelf
-- life hold it in one value epoch, so epochs count the distinct values.
WITH held AS (
    SELECT e.person_id, e.attribute_code, e.epoch_no, count(*) AS platforms
    FROM warehouse.mart_entry_class AS e JOIN warehouse.dim_attribute AS a USING (attribute_code)
    WHERE e.is_current
        AND epoch_us(e.entered_at) >= epoch_us(day_after($window_end)) - coalesce(a.shelf_life_days, 365000) * 86400000000
    GROUP BY ALL
)
SELECT 'holdings' AS part, 'province' AS grain, 'all' AS grain_key, sum(platforms) AS numerator, count(*) AS denominator,
    ratio(numerator, denominator) AS value
FROM held
