-- One row is one further share of the window's entries: repeats within a platform, conflicts, entries that prefill saved.
WITH entry AS (
    SELECT p.line_id, r.platform_id, r.class_code, r.entries
    FROM warehouse.mart_redundancy_class AS r JOIN warehouse.dim_platform AS p USING (platform_id)
),
counted AS (
    SELECT CASE GROUPING(line_id, platform_id) WHEN 3 THEN 'province' WHEN 1 THEN 'line' ELSE 'platform' END AS grain,
        CASE GROUPING(line_id, platform_id) WHEN 3 THEN 'all' WHEN 1 THEN line_id ELSE platform_id END AS grain_key,
        coalesce(sum(entries) FILTER (class_code = 'intra'), 0) AS intra,
        coalesce(sum(entries) FILTER (class_code = 'conflict'), 0) AS conflict,
        coalesce(sum(entries) FILTER (class_code = 'confirmed'), 0) AS confirmed,
        coalesce(sum(entries) FILTER (class_code IN ('intra', 'cross', 'conflict', 'first')), 0) AS judged
    FROM entry GROUP BY GROUPING SETS ((), (line_id), (platform_id))
)
SELECT grain, grain_key, 'intra' AS part, intra AS numerator, judged AS denominator, ratio(intra, judged) AS value FROM counted
UNION ALL
SELECT grain, grain_key, 'conflict', conflict, judged, ratio(conflict, judged) FROM counted
UNION ALL
SELECT grain, grain_key, 'prefill', confirmed, confirmed + judged, ratio(confirmed, confirmed + judged) FROM counted
