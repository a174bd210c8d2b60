-- One row is one platform's class in this window, kept for the windows to come.
SELECT platform_id, $window_start::DATE AS window_start, $window_end::DATE AS window_end, class_code, penetration
FROM warehouse.mart_usage_platform
