-- Rows held that were never landed where they say, under the key they say. Of a batch that is no longer in landing no
-- more rows may be held than it had accepted.
WITH unknown AS (
    SELECT * FROM held_key AS h
    ANTI JOIN landed_key AS l USING (platform_id, stream, batch_id, landed_row, source_key)
),
counted AS (
    SELECT u.platform_id, u.stream, coalesce(u.batch_id, '') AS batch_id, count(*) AS held, max(e.accepted_rows) AS accepted
    FROM unknown AS u
    LEFT JOIN expired_batch AS e USING (platform_id, stream, batch_id)
    GROUP BY ALL
)
SELECT platform_id, stream, batch_id, 'made up', coalesce(accepted, 0) || ' rows', held || ' rows'
FROM counted
WHERE held > coalesce(accepted, 0)
