-- One row is one step, platform or line and how long it usually takes: median and ninth decile of its last $samples.
WITH recent AS (
    SELECT
        step_code,
        platform_id,
        CASE WHEN step_code = 'judge' THEN line_id END AS line_id,
        seconds
    FROM run_step
    WHERE error_code IS NULL AND seconds IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY step_code, platform_id, line_id ORDER BY started_at DESC) <= $samples
)
SELECT
    step_code,
    platform_id,
    line_id,
    count(*) AS samples,
    quantile_cont(seconds, 0.5) AS median_seconds,
    quantile_cont(seconds, 0.9) AS p90_seconds
FROM recent
GROUP BY ALL
ORDER BY ALL
