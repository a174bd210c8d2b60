-- Rows held that were never landed where they say, under the key they say.
SELECT h.platform_id, h.stream, coalesce(h.batch_id, ''), 'made up', '0 rows', count(*) || ' rows'
FROM held_key AS h
ANTI JOIN landed_key AS l USING (platform_id, stream, batch_id, landed_row, source_key)
GROUP BY ALL
