-- One row: the hours that the ten best-ranked connections would save together, of all hours of redundant entry.
SELECT 'top_ten' AS part, 'province' AS grain, 'all' AS grain_key,
    round(sum(marginal_hours), 9) AS value, value AS numerator,
    (SELECT ($fixed_seconds * sum(r.entries) + $key_seconds * sum(r.entries * a.keystrokes)) / 3600
     FROM warehouse.mart_redundancy_class AS r JOIN warehouse.dim_attribute AS a USING (attribute_code)
     WHERE r.class_code = 'cross') AS denominator
FROM warehouse.mart_connection
WHERE rank <= 10
