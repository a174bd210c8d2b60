-- One row is a record that a decision made, changed or withdrawn since the last run is about, with its fields; not one
-- that comes anyway or is gone.
WITH difference AS (
    (SELECT left_id, right_id, judgement FROM constraint_now EXCEPT SELECT left_id, right_id, judgement FROM decision)
    UNION ALL
    (SELECT left_id, right_id, judgement FROM decision EXCEPT SELECT left_id, right_id, judgement FROM constraint_now)
),

about AS (
    SELECT left_id AS record_id FROM difference
    UNION
    SELECT right_id FROM difference
)

SELECT record.record_id, node.texts
FROM about
JOIN record USING (record_id)
JOIN node USING (node)
WHERE record_id NOT IN (SELECT record_id FROM changed_now UNION ALL SELECT record_id FROM removed_now)
