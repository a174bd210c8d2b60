-- One row counts the window's entries of one attribute on one platform in one class.
SELECT platform_id, attribute_code, class_code, count(*) AS entries, count(*) FILTER (is_variant) AS variants
FROM warehouse.mart_entry_class
WHERE entered_at >= day_start($window_start) AND entered_at < day_after($window_end)
GROUP BY ALL
