-- One row is one month of one platform, months without use included.
WITH eligible AS (
    SELECT platform_id, count(*) AS communities FROM warehouse.dim_platform_community GROUP BY ALL
),
month AS (
    SELECT month_start_date, count(*) AS working_days
    FROM warehouse.dim_calendar WHERE is_workday AND date BETWEEN $window_start AND $window_end GROUP BY ALL
),
used AS (
    SELECT platform_id, month_start_date, sum(active_days) AS active_days FROM warehouse.mart_usage_community GROUP BY ALL
)
SELECT e.platform_id, m.month_start_date, m.working_days, coalesce(u.active_days, 0)::BIGINT AS active_days,
    coalesce(u.active_days, 0) / (e.communities * m.working_days) AS penetration
FROM eligible AS e CROSS JOIN month AS m LEFT JOIN used AS u USING (platform_id, month_start_date)
