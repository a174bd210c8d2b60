-- Rows that changed at the very time of what is held: equal in every column but batch and landed row, they are unchanged;
-- otherwise the later delivery wins.
UPDATE verdict
SET verdict = CASE WHEN s.is_same THEN 'unchanged' WHEN verdict.is_later THEN 'updated' ELSE 'superseded' END
FROM (
    SELECT v.batch_id, v.platform_id, v.landed_row, ({incoming}) IS NOT DISTINCT FROM ({held}) AS is_same
    FROM verdict AS v
    JOIN read_parquet($files) AS i
        ON i.batch_id = v.batch_id AND i.platform_id = v.platform_id AND i.landed_row = v.landed_row
    JOIN {core} AS h ON h.platform_id = v.platform_id AND h.source_key = v.source_key
    WHERE v.verdict = 'tied'
) AS s
WHERE verdict.verdict = 'tied'
    AND verdict.batch_id = s.batch_id AND verdict.platform_id = s.platform_id AND verdict.landed_row = s.landed_row
