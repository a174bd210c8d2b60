-- One row is the redundant-entry rate of one month, over everything entered up to the last day of the window.
SELECT 'month' AS grain, strftime(entered_at, '%Y-%m') AS grain_key,
    count(*) FILTER (class_code = 'cross') AS numerator, count(*) AS denominator, numerator / denominator AS value
FROM warehouse.mart_entry_class
WHERE class_code IN ('intra', 'cross', 'conflict', 'first')
GROUP BY ALL
