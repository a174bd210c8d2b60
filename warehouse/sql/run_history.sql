-- One row is one run: when it was, how long it took, what it read, what failed. The newest first.
WITH run AS (
    SELECT
        run_id,
        min(started_at) AS started_at,
        max(seconds) FILTER (step_code = 'run') AS whole_seconds,
        max(started_at + to_milliseconds(CAST(coalesce(seconds, 0) * 1000 AS BIGINT))) AS ended_at,
        bool_or(step_code = 'run') AS is_ended,
        coalesce(
            any_value(error_code) FILTER (step_code = 'run'),
            any_value(error_code) FILTER (step_code NOT IN ('begin', 'run', 'read', 'judge'))
        ) AS error_code,
        count(DISTINCT platform_id) FILTER (step_code = 'read' AND error_code IS NULL) AS platforms_read,
        count(DISTINCT platform_id) FILTER (step_code = 'read' AND error_code IS NOT NULL) AS platforms_failed,
        count(DISTINCT line_id) FILTER (step_code = 'judge' AND error_code IS NOT NULL) AS lines_stopped,
        coalesce(sum(row_count), 0)::BIGINT AS row_count,
        coalesce(sum(refused_count), 0)::BIGINT AS refused_count
    FROM run_step
    WHERE run_id IS NOT NULL
    GROUP BY run_id
)
SELECT
    run_id,
    started_at,
    ended_at,
    round(coalesce(whole_seconds, epoch(ended_at - started_at)), 3) AS seconds,
    is_ended,
    error_code,
    generation,
    platforms_read,
    platforms_failed,
    lines_stopped,
    row_count,
    refused_count
FROM run LEFT JOIN run_made USING (run_id)
ORDER BY started_at DESC
LIMIT CASE WHEN $last < 0 THEN NULL ELSE $last END
