-- Figures of the whole province that moved by more than the last digits of a sum made in another order.
SELECT coalesce(b.measure_id, a.measure_id), b.value, a.value
FROM (SELECT * FROM "before".main.mart_figure WHERE grain = 'province') AS b
FULL JOIN (SELECT * FROM "after".main.mart_figure WHERE grain = 'province') AS a USING (measure_id)
WHERE (b.value IS NULL) <> (a.value IS NULL) OR abs(a.value - b.value) > 1e-9 * greatest(abs(a.value), abs(b.value))
ORDER BY 1
