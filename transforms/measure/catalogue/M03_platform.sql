-- One row is one platform's use in the window and its class by the rule of domain.md B2.
WITH total AS (
    SELECT platform_id, community_code, sum(active_days) AS active_days, sum(events) AS events
    FROM warehouse.mart_usage_community GROUP BY ALL
),
ranked AS (
    SELECT t.*, p.eligible,
        row_number() OVER (PARTITION BY platform_id ORDER BY events DESC, community_code) AS place
    FROM total AS t
    JOIN (SELECT platform_id, count(*) AS eligible FROM warehouse.dim_platform_community GROUP BY ALL) AS p USING (platform_id)
),
used AS (
    SELECT platform_id, sum(active_days)::BIGINT AS active_days, sum(events)::BIGINT AS events,
        sum(events) FILTER (place <= ceil($busiest_share * eligible)) / sum(events) AS concentration
    FROM ranked GROUP BY platform_id
),
month AS (
    SELECT platform_id, count(*) AS months, sum(working_days)::BIGINT AS working_days,
        count(*) FILTER (penetration >= $theta_low) AS persistent_months,
        max(penetration) AS best_month_penetration, median(penetration) AS median_month_penetration
    FROM warehouse.mart_usage_month GROUP BY platform_id
),
estimate AS (
    SELECT grain_key AS platform_id,
        any_value(value) FILTER (part = 'reach') AS reach,
        any_value(lower) FILTER (part = 'reach') AS reach_lower,
        any_value(numerator) FILTER (part = 'reach') AS active_communities,
        any_value(denominator) FILTER (part = 'reach') AS eligible_communities,
        any_value(value) FILTER (part = 'penetration') AS penetration,
        any_value(lower) FILTER (part = 'penetration') AS penetration_lower,
        any_value(upper) FILTER (part = 'penetration') AS penetration_upper
    FROM warehouse.mart_usage_estimate GROUP BY grain_key
),
before AS (  -- the platform's class in the last window that ended before this one began
    SELECT platform_id, arg_max(class_code, window_end) AS class_code, arg_max(penetration, window_end) AS penetration
    FROM warehouse.mart_usage_history WHERE window_end < $window_start GROUP BY platform_id
),
gathered AS (
    SELECT p.platform_id, p.has_owner, coalesce(p.retired_date <= $window_end, FALSE) AS is_retired,
        e.* EXCLUDE (platform_id), m.* EXCLUDE (platform_id), l.log_completeness, l.last_effective_date,
        coalesce(u.active_days, 0) AS active_days, coalesce(u.events, 0) AS events, u.concentration,
        sum(coalesce(u.events, 0)) OVER (ORDER BY coalesce(u.events, 0) DESC, p.platform_id) - coalesce(u.events, 0)
            < $pareto_share * sum(coalesce(u.events, 0)) OVER () AS is_pareto,
        b.class_code = 'high' AND greatest(e.penetration, b.penetration) >= $theta_low AS is_still_high,
        coalesce(e.reach_lower >= $reach AND e.penetration_lower >= $theta
            AND m.persistent_months >= least($persistent_months, m.months), FALSE) AS is_high
    FROM warehouse.dim_platform AS p
    LEFT JOIN estimate AS e USING (platform_id)
    LEFT JOIN month AS m USING (platform_id)
    LEFT JOIN used AS u USING (platform_id)
    LEFT JOIN before AS b USING (platform_id)
    LEFT JOIN warehouse.mart_usage_log AS l USING (platform_id)
),
classed AS (
    SELECT *, CASE
            WHEN coalesce(log_completeness, 0) < $completeness THEN 'insufficient'
            WHEN coalesce(last_effective_date <= $window_end - $zombie_days::INT, TRUE) THEN 'zombie'
            WHEN (is_high OR coalesce(is_still_high, FALSE)) AND NOT is_retired THEN 'high'
            WHEN best_month_penetration >= $seasonal_factor * median_month_penetration
                AND best_month_penetration >= $theta THEN 'seasonal'
            WHEN penetration >= $theta_medium THEN 'medium'
            ELSE 'low'
        END AS class_code
    FROM gathered
)
SELECT platform_id, class_code,
    CASE class_code WHEN 'insufficient' THEN '数据不足' WHEN 'zombie' THEN '僵尸' WHEN 'high' THEN '高频'
        WHEN 'seasonal' THEN '季节性' WHEN 'medium' THEN '中频' WHEN 'low' THEN '低频' END AS class_zh,
    coalesce(eligible_communities, 0)::BIGINT AS eligible_communities, working_days,
    coalesce(active_communities, 0)::BIGINT AS active_communities, active_days,
    reach, ratio(active_days, active_communities * working_days) AS frequency, penetration,
    reach_lower, penetration_lower, penetration_upper,
    ratio(events, eligible_communities * working_days) AS intensity, concentration,
    persistent_months, best_month_penetration, median_month_penetration, events,
    last_effective_date, log_completeness, is_retired, has_owner,
    class_code = 'high' AND NOT is_high AS is_held,
    coalesce(is_pareto AND events > 0, FALSE) AS is_pareto
FROM classed
