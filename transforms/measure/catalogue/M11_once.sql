-- A row here means that entries were judged twice or not at all.
SELECT expected, judged
FROM (SELECT count(DISTINCT entry_id) AS expected FROM warehouse.fact_entry AS e
      JOIN warehouse.dim_platform AS p USING (platform_id) WHERE e.entered_at < day_after($window_end)),
    (SELECT count(*) AS judged FROM warehouse.mart_entry_class)
WHERE expected <> judged
