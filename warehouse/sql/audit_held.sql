-- Rows held are the rows ever inserted, no more and no fewer.
WITH held AS (SELECT platform_id, stream, count(*) AS found FROM held_key GROUP BY ALL),
inserted AS (
    SELECT platform_id, stream, sum(inserted_rows)::BIGINT AS expected FROM warehouse.ctl_batch GROUP BY ALL
)
SELECT platform_id, stream, '', 'held', coalesce(expected, 0) || ' rows', coalesce(found, 0) || ' rows'
FROM inserted FULL JOIN held USING (platform_id, stream)
WHERE coalesce(expected, 0) <> coalesce(found, 0)
