-- One row is the share of inspections of the window that found nothing to object to.
SELECT 'province' AS grain, 'all' AS grain_key, count(*) FILTER (result_code = 'passed') AS numerator,
    count(*) AS denominator, ratio(count(*) FILTER (result_code = 'passed'), count(*)) AS value
FROM warehouse.fact_inspection
WHERE inspected_at >= day_start($window_start) AND inspected_at < day_after($window_end)
