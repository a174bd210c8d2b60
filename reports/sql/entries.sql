-- One row counts one platform's judged manual entries of one class.
SELECT platform_id, class_code, sum(entries)::BIGINT AS entries
FROM warehouse.mart_redundancy_class
WHERE class_code IN ('cross', 'intra', 'conflict', 'first')
GROUP BY ALL ORDER BY platform_id, entries DESC
