-- Landed rows of the files that share one key field.
INSERT INTO landed_key
SELECT f.platform_id, f.stream, f.batch_id, r._row, r.{key}::VARCHAR
FROM read_parquet($files, filename = true) AS r
JOIN landed_file AS f ON f.path = r.filename
