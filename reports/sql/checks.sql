-- One row is one expectation that failed in the last gate of a line, worst first.
WITH last_gate AS (
    SELECT line_id, max(gate_id) AS gate_id FROM warehouse.ctl_quality_result GROUP BY line_id
)
SELECT p.platform_id, q.table_name, q.check_id, q.dimension, q.severity_code, q.element_count, q.unexpected_count,
       q.unexpected_rate
FROM warehouse.ctl_quality_result q
JOIN last_gate USING (line_id, gate_id)
JOIN warehouse.dim_platform p USING (line_id)
WHERE NOT q.success
ORDER BY p.platform_id, q.severity_code, q.unexpected_rate DESC NULLS LAST, q.check_id
