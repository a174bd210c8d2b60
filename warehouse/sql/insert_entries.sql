-- Entry events of the form versions to hold. The file tells the batch, which the event itself does not carry.
INSERT INTO vault.core_entry_event ({columns})
SELECT {incoming}
FROM read_parquet($files, filename = true) AS i
JOIN entry_files AS f ON f.path = i.filename
SEMI JOIN (SELECT * FROM verdict WHERE verdict IN ('inserted', 'updated')) AS v
    ON v.record_id = i.record_id AND v.landed_row = i.landed_row AND v.batch_id = f.batch_id
