-- Where every row went, per platform and stream.
SELECT
    platform_id, stream, count(*) AS batches,
    sum(extracted_rows)::BIGINT AS extracted, sum(landed_rows)::BIGINT AS landed,
    sum(accepted_rows)::BIGINT AS accepted, sum(quarantined_rows)::BIGINT AS quarantined,
    sum(dropped_rows)::BIGINT AS dropped, sum(inserted_rows)::BIGINT AS inserted,
    sum(updated_rows)::BIGINT AS updated, sum(unchanged_rows)::BIGINT AS unchanged,
    sum(superseded_rows)::BIGINT AS superseded
FROM warehouse.ctl_batch
GROUP BY ALL
ORDER BY ALL
