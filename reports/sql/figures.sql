-- One row is one figure of the province, or of every platform, with its title.
SELECT f.measure_id, f.grain_key, m.title_zh || ' ' || m.title_en AS title, f.value, f.numerator, f.denominator, f.lower,
       f.upper, f.unit, f.rule_version, f.note
FROM warehouse.mart_figure f
LEFT JOIN warehouse.mart_measure m USING (measure_id)
WHERE f.grain = $grain
ORDER BY f.grain_key, f.measure_id
