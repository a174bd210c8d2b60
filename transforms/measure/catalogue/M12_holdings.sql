-- One row: how many platforms hold a value on average, on the last day of the window.
WITH current AS (
    SELECT e.person_id, e.attribute_code, e.platform_id, arg_max(e.value_token, (e.entered_at, e.entry_id)) AS value_token,
        max(e.entered_at) AS entered_at
    FROM warehouse.fact_entry AS e
    WHERE e.person_id IS NOT NULL AND e.value_token IS NOT NULL AND e.entered_at < day_after($window_end)
    GROUP BY ALL
),
fresh AS (
    SELECT person_id, attribute_code, value_token, count(*) AS platforms
    FROM current JOIN warehouse.dim_attribute AS a USING (attribute_code)
    WHERE a.is_eligible AND entered_at >= day_after($window_end) - coalesce(a.shelf_life_days, 365000) * INTERVAL 1 DAY
    GROUP BY ALL
)
SELECT 'holdings' AS part, 'province' AS grain, 'all' AS grain_key, sum(platforms) AS numerator, count(*) AS denominator,
    ratio(numerator, denominator) AS value
FROM fresh
