-- One row is one declared figure with the rule that makes it.
SELECT measure_id, title_zh, title_en, definition_zh, definition_en, unit, grains, rule_version, source
FROM warehouse.mart_measure
ORDER BY measure_id
