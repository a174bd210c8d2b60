-- What becomes of every accepted row of one stream: one row of `verdict` for each.
-- Order of versions of one source key: time of change, then batch, then landed row; the greatest is the one to hold.
-- 'tied' is settled by settle_ties.sql: same time of change as what is held, so content decides.
CREATE OR REPLACE TEMP TABLE verdict AS
WITH incoming AS (
    SELECT
        platform_id, source_key, record_id, batch_id, landed_row,
        coalesce(changed_at, '-infinity'::TIMESTAMPTZ) AS changed_at,
        row_number() OVER (
            PARTITION BY platform_id, source_key
            ORDER BY coalesce(changed_at, '-infinity'::TIMESTAMPTZ) DESC, batch_id DESC, landed_row DESC
        ) AS version_no
    FROM read_parquet($files)
)
SELECT
    i.platform_id, i.source_key, i.record_id, i.batch_id, i.landed_row,
    (i.batch_id, i.landed_row) > (h.batch_id, h.landed_row) AS is_later,
    CASE
        WHEN i.version_no > 1 THEN 'superseded'
        WHEN h.record_id IS NULL THEN 'inserted'
        WHEN i.changed_at > coalesce(h.changed_at, '-infinity'::TIMESTAMPTZ) THEN 'updated'
        WHEN i.changed_at < coalesce(h.changed_at, '-infinity'::TIMESTAMPTZ) THEN 'superseded'
        ELSE 'tied'
    END AS verdict
FROM incoming AS i
LEFT JOIN {core} AS h ON h.platform_id = i.platform_id AND h.source_key = i.source_key
