-- One row is one figure on how many platforms are used: the high-use share, its distance from the survey, the Pareto set, and how
-- far survey and log agree (Cohen's kappa over platforms that both know).
WITH platform AS (
    SELECT p.line_id, u.*, u.class_code = 'high' AS is_high,
        u.class_code NOT IN ('insufficient', 'zombie') AND NOT u.is_retired AND e.upper >= $reach
            AND u.penetration_upper >= $theta AND u.persistent_months >= least($persistent_months, m.months) AS is_maybe_high
    FROM warehouse.mart_usage_platform AS u JOIN warehouse.dim_platform AS p USING (platform_id)
    LEFT JOIN warehouse.mart_usage_estimate AS e ON e.part = 'reach' AND e.grain_key = u.platform_id
    CROSS JOIN (SELECT count(DISTINCT month_start_date) AS months FROM warehouse.mart_usage_month) AS m
),
share AS (
    SELECT CASE GROUPING(line_id) WHEN 1 THEN 'province' ELSE 'line' END AS grain,
        CASE GROUPING(line_id) WHEN 1 THEN 'all' ELSE line_id END AS grain_key,
        count(*) FILTER (is_high) AS high, count(*) FILTER (is_high OR is_maybe_high) AS maybe_high, count(*) AS platforms,
        count(*) FILTER (class_code = 'insufficient') AS insufficient, count(*) FILTER (is_pareto) AS pareto
    FROM platform GROUP BY GROUPING SETS ((), (line_id))
),
agreement AS (
    SELECT count(*) AS n, avg((is_frequent = is_high)::INT) AS observed,
        avg(is_frequent::INT) * avg(is_high::INT) + (1 - avg(is_frequent::INT)) * (1 - avg(is_high::INT)) AS chance
    FROM warehouse.mart_usage_survey
)
SELECT '' AS part, grain, grain_key, ratio(high, platforms) AS value, high AS numerator, platforms AS denominator,
    ratio(high, platforms) AS lower, ratio(maybe_high, platforms) AS upper,
    CASE WHEN insufficient > 0 THEN format('其中{}个平台日志不足，未判定 | {} platforms not judged for lack of logs',
        insufficient, insufficient) END AS note
FROM share
UNION ALL
SELECT 'survey_distance', grain, grain_key, high - $survey_high::BIGINT, high, $survey_high::BIGINT, NULL, NULL, NULL
FROM share WHERE grain = 'province' AND $survey_high::BIGINT IS NOT NULL
UNION ALL
SELECT 'pareto_80', grain, grain_key, pareto, pareto, platforms, NULL, NULL, NULL FROM share WHERE grain = 'province'
UNION ALL
SELECT 'survey_kappa', 'province', 'all', ratio(observed - chance, 1 - chance), observed * n, n, NULL, NULL, NULL
FROM agreement WHERE n > 0
