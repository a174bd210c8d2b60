-- The pairs that are links between two groups of records.
SELECT left_id, right_id
FROM {pairs}
WHERE
    grade_code IN ('probable', 'certain')
    AND (
        (list_contains($one, left_id) AND list_contains($other, right_id))
        OR (list_contains($other, left_id) AND list_contains($one, right_id))
    )
ORDER BY ALL
