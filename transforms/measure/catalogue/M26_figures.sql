-- One row is one satisfaction figure of the province, one line or one platform. On platforms, cells of fewer than the least
-- number of ratings are withheld. Every quantity is published over all valid ratings; "unflagged" leaves out ratings with the
-- fingerprints of a machine and platforms on which only satisfied ratings seem to work.
WITH unflagged AS (
    SELECT r.platform_id, count(*) AS n, count(*) FILTER (r.level >= 3) AS top3
    FROM warehouse.mart_rating_class AS r JOIN warehouse.mart_satisfaction_platform AS s USING (platform_id)
    WHERE r.class_code = 'valid' AND NOT r.is_machine AND NOT s.is_machine AND NOT s.is_only_satisfied
    GROUP BY r.platform_id
),
counted AS (
    SELECT CASE GROUPING(p.line_id, s.platform_id) WHEN 3 THEN 'province' WHEN 1 THEN 'line' ELSE 'platform' END AS grain,
        CASE GROUPING(p.line_id, s.platform_id) WHEN 3 THEN 'all' WHEN 1 THEN p.line_id ELSE s.platform_id END AS grain_key,
        coalesce(sum(valid_ratings), 0) AS n, sum(level_5) AS l5, sum(level_4) AS l4, sum(level_3) AS l3, sum(level_2) AS l2,
        sum(level_1) AS l1, coalesce(sum(default_ratings), 0) AS defaults, coalesce(sum(system_ratings), 0) AS systems,
        coalesce(sum(machine_ratings), 0) AS machines,
        coalesce(sum(closed_cases), 0) AS closed, coalesce(sum(rated_cases), 0) AS rated,
        coalesce(sum(u.n), 0) AS unflagged, coalesce(sum(u.top3), 0) AS unflagged_top3,
        count(*) FILTER (is_only_satisfied) AS only_satisfied
    FROM warehouse.mart_satisfaction_platform AS s JOIN warehouse.dim_platform AS p USING (platform_id)
    LEFT JOIN unflagged AS u USING (platform_id)
    GROUP BY GROUPING SETS ((), (p.line_id), (s.platform_id))
),
response AS (SELECT *, ratio(rated, closed) AS r, ratio(l5 + l4 + l3, n) AS s FROM counted),
scored AS (
    SELECT *, ratio(100 * l5 + 80 * l4 + 60 * l3 + 40 * l2 + 20 * l1, n) AS mean,
        ratio(100 * l5 + 75 * l4 + 50 * l3 + 25 * l2, n) AS mean_zero,
        ratio(10000 * l5 + 6400 * l4 + 3600 * l3 + 1600 * l2 + 400 * l1, n) AS mean_square
    FROM response
),
spread AS (SELECT *, 1.959963984540054 * sqrt(greatest(mean_square - mean * mean, 0) / nullif(n - 1, 0)) AS margin FROM scored),
figure AS (
    SELECT '' AS part, grain, grain_key, n AS cell, s AS value, l5 + l4 + l3 AS numerator, n AS denominator,
        wilson_lower(l5 + l4 + l3, n) AS lower, wilson_upper(l5 + l4 + l3, n) AS upper,
        format('应答率 {:.1f}%，默认评价 {} 件、系统评价 {} 件、疑似机评 {} 件，疑似仅能满意平台 {} 个 | response {:.1f}%, default {}, system {}, '
            'machine-like {}, only-satisfied platforms {}', 100 * r, defaults::BIGINT, systems::BIGINT, machines::BIGINT,
            only_satisfied, 100 * r, defaults::BIGINT, systems::BIGINT, machines::BIGINT, only_satisfied) AS note
    FROM spread
    UNION ALL
    SELECT 'top2', grain, grain_key, n, ratio(l5 + l4, n), l5 + l4, n, wilson_lower(l5 + l4, n), wilson_upper(l5 + l4, n), NULL
    FROM spread
    UNION ALL
    SELECT 'top1', grain, grain_key, n, ratio(l5, n), l5, n, wilson_lower(l5, n), wilson_upper(l5, n), NULL FROM spread
    UNION ALL
    SELECT 'bad', grain, grain_key, n, ratio(l2 + l1, n), l2 + l1, n, wilson_lower(l2 + l1, n), wilson_upper(l2 + l1, n), NULL
    FROM spread
    UNION ALL
    SELECT 'mean', grain, grain_key, n, mean, mean * n, n, greatest(mean - margin, 20), least(mean + margin, 100), NULL FROM spread
    UNION ALL
    SELECT 'mean_zero', grain, grain_key, n, mean_zero, mean_zero * n, n, greatest(mean_zero - 1.25 * margin, 0),
        least(mean_zero + 1.25 * margin, 100), NULL
    FROM spread
    UNION ALL
    SELECT 'bounds', grain, grain_key, rated, s, rated, closed, s * r, s * r + 1 - r, NULL FROM spread
    UNION ALL
    SELECT 'unflagged', grain, grain_key, unflagged, ratio(unflagged_top3, unflagged), unflagged_top3, unflagged,
        wilson_lower(unflagged_top3, unflagged), wilson_upper(unflagged_top3, unflagged), NULL
    FROM spread
    UNION ALL
    SELECT 'default_share', grain, grain_key, n + defaults + systems, ratio(defaults, n + defaults + systems), defaults,
        n + defaults + systems, NULL, NULL, NULL
    FROM spread
)
SELECT part, grain, grain_key,
    CASE WHEN is_shown THEN value END AS value, CASE WHEN is_shown THEN numerator END AS numerator,
    CASE WHEN is_shown THEN denominator END AS denominator, CASE WHEN is_shown THEN lower END AS lower,
    CASE WHEN is_shown THEN upper END AS upper,
    CASE WHEN is_shown THEN note ELSE format('不足{}件，不予显示 | fewer than {}, withheld', $least_cell, $least_cell) END AS note
FROM (SELECT *, grain <> 'platform' OR cell >= $least_cell AS is_shown FROM figure WHERE cell > 0)
