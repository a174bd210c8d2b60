-- One row is one stream: when its first batch was loaded, and the rows landed since each of four moments.
SELECT
    b.platform_id,
    b.stream,
    min(r.started_at) AS first_at,
    coalesce(sum(b.landed_rows) FILTER (WHERE r.started_at > $day), 0)::BIGINT AS day_rows,
    coalesce(sum(b.landed_rows) FILTER (WHERE r.started_at > $week), 0)::BIGINT AS week_rows,
    coalesce(sum(b.landed_rows) FILTER (WHERE r.started_at > $month), 0)::BIGINT AS month_rows,
    coalesce(sum(b.landed_rows) FILTER (WHERE r.started_at > $year), 0)::BIGINT AS year_rows
FROM warehouse.ctl_batch AS b
JOIN warehouse.ctl_run AS r USING (run_id)
GROUP BY ALL
