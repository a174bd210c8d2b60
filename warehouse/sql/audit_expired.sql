-- Streams of batches whose landed files are gone by right, with how many rows they had accepted.
CREATE OR REPLACE TEMP TABLE expired_batch AS
WITH file AS (
    SELECT platform_id, stream, batch_id, accepted_rows, unnest(landed_files::JSON[]) ->> 'path' AS path
    FROM warehouse.ctl_batch
)
SELECT platform_id, stream, batch_id, max(accepted_rows) AS accepted_rows
FROM file SEMI JOIN expired_file USING (path)
GROUP BY ALL
