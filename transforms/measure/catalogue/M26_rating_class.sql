-- One row is one rating given in the window with its class and the fingerprints of a machine. Flagged ratings stay: figures are
-- published with and without them. Fingerprints that need seconds are not read where a platform writes minutes or days only.
WITH rating AS (
    SELECT DISTINCT ON (record_id) * FROM warehouse.fact_rating
    WHERE level BETWEEN 1 AND 5 AND rated_at >= day_start($window_start) AND rated_at < day_after($window_end)
),
closed AS (  -- what can be rated: cases, and tickets of hotlines and grids
    SELECT platform_id, case_no, max(close_at) AS close_at
    FROM (
        SELECT platform_id, source_key AS case_no, close_at FROM warehouse.fact_case
        UNION ALL
        SELECT platform_id, source_key, closed_at FROM warehouse.fact_ticket
    )
    GROUP BY ALL
),
classed AS (
    SELECT r.record_id, r.platform_id, r.case_no, r.stage_code, r.level, r.detail_codes, r.rated_at, c.close_at,
        epoch(r.rated_at - c.close_at)::BIGINT AS lag_s,
        CASE WHEN r.is_default THEN 'default' WHEN r.collected_code = 'system' THEN 'system' ELSE 'valid' END AS class_code
    FROM rating AS r LEFT JOIN closed AS c USING (platform_id, case_no)
),
counted AS (
    SELECT *,
        count(*) OVER on_platform AS ratings,
        coalesce(bool_or(second(rated_at) <> 0) OVER on_platform, FALSE) AS has_seconds,
        count(*) OVER (PARTITION BY platform_id, class_code, stage_code) AS stage_ratings,
        count(*) OVER (PARTITION BY platform_id, class_code, stage_code, lag_s) AS lag_ratings,
        count(*) OVER (PARTITION BY platform_id, class_code, rated_at) AS second_ratings,
        count(*) OVER (PARTITION BY platform_id, class_code, level, detail_codes) AS alike_ratings,
        count(*) OVER on_case AS case_ratings,
        max(level) OVER on_case = min(level) OVER on_case
            AND max(rated_at) OVER on_case - min(rated_at) OVER on_case <= $storm_minutes::INT * INTERVAL 1 MINUTE AS is_hasty
    FROM classed
    WINDOW on_platform AS (PARTITION BY platform_id, class_code), on_case AS (PARTITION BY platform_id, class_code, case_no)
),
marked AS (
    SELECT record_id, platform_id, level, class_code,
        case_no IS NOT NULL AND case_ratings >= $storm_stages AND is_hasty AS is_storm,
        has_seconds AND lag_s IS NOT NULL AND lag_ratings >= $alike_least AND lag_ratings >= $lag_share * stage_ratings
            AS is_constant_lag,
        has_seconds AND second_ratings >= $burst_ratings AS is_burst,
        stage_code = 'close' AND coalesce(rated_at < close_at, FALSE) AS is_early,
        ratings >= $alike_least AND alike_ratings >= $uniform_share * ratings AND coalesce(detail_codes, '') <> '' AS is_uniform
    FROM counted
)
SELECT *, is_storm::INT + is_constant_lag::INT + is_burst::INT + is_early::INT + is_uniform::INT >= $fingerprints AS is_machine
FROM marked
