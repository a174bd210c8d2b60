-- The versions to hold, straight from the conformed files.
INSERT INTO {core} ({columns})
SELECT {incoming}
FROM read_parquet($files) AS i
SEMI JOIN (SELECT * FROM verdict WHERE verdict IN ('inserted', 'updated')) AS v
    ON v.batch_id = i.batch_id AND v.platform_id = i.platform_id AND v.landed_row = i.landed_row
