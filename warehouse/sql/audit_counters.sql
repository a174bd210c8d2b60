-- Laws that the counters must satisfy by themselves and beside the quarantine.
WITH set_aside AS (
    SELECT
        batch_id, platform_id, stream,
        count(*) FILTER (WHERE disposition_code = 'quarantine') AS quarantined,
        count(*) FILTER (WHERE disposition_code = 'drop') AS dropped
    FROM vault.ctl_quarantine
    GROUP BY ALL
),
counted AS (
    SELECT
        b.*,
        (SELECT coalesce(sum((f ->> 'rows')::BIGINT), 0) FROM (SELECT unnest(b.landed_files::JSON[]) AS f)) AS file_rows,
        coalesce(s.quarantined, 0) AS held_quarantined,
        coalesce(s.dropped, 0) AS held_dropped
    FROM warehouse.ctl_batch AS b
    LEFT JOIN set_aside AS s USING (batch_id, platform_id, stream)
),
laws AS (
    SELECT platform_id, stream, batch_id, 'landed' AS law, landed_rows AS expected, extracted_rows AS found FROM counted
    UNION ALL
    SELECT platform_id, stream, batch_id, 'landed', landed_rows, file_rows FROM counted
    UNION ALL
    SELECT platform_id, stream, batch_id, 'landed', landed_rows, accepted_rows + quarantined_rows + dropped_rows
    FROM counted
    UNION ALL
    SELECT platform_id, stream, batch_id, 'accepted', accepted_rows,
        inserted_rows + updated_rows + unchanged_rows + superseded_rows
    FROM counted
    UNION ALL
    SELECT platform_id, stream, batch_id, 'set aside', quarantined_rows, held_quarantined FROM counted
    UNION ALL
    SELECT platform_id, stream, batch_id, 'set aside', dropped_rows, held_dropped FROM counted
)
SELECT platform_id, stream, batch_id, law, expected || ' rows', coalesce(found::VARCHAR, 'no') || ' rows'
FROM laws
WHERE expected IS DISTINCT FROM found
