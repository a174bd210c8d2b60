-- One row is one figure of a measure of the bureau's own, at any grain but the platform's: those stand on its page.
SELECT f.measure_id, m.title_zh || ' ' || m.title_en AS title, m.definition_zh AS definition,
       CASE WHEN f.grain = 'province' THEN '全省' ELSE coalesce(l.title_zh, f.grain_key) END AS of_zh,
       f.value, f.numerator, f.denominator, f.lower, f.upper, f.unit, f.rule_version, f.note
FROM warehouse.mart_figure f
LEFT JOIN warehouse.mart_measure m USING (measure_id)
LEFT JOIN warehouse.dim_line l ON f.grain = 'line' AND l.line_id = f.grain_key
WHERE list_contains($ids, split_part(f.measure_id, '.', 1)) AND f.grain <> 'platform'
ORDER BY f.measure_id, list_position(['province', 'line', 'month'], f.grain), f.grain_key
