-- One row says how much of one platform's log there is, and when it last did something. Completeness is judged month by month
-- on the working days that the platform was in service, and the worst month counts: a lost week shows.
WITH line AS (
    SELECT DISTINCT ON (record_id) platform_id, community_code, occurred_at::DATE AS day, occurred_at,
        is_effective(account_kind_code, action_code, duration_s, $shortest_seconds) AS is_effective
    FROM warehouse.fact_usage WHERE occurred_at < day_after($window_end)
),
counted AS (
    SELECT l.platform_id,
        count(*) FILTER (day >= $window_start) AS log_lines,
        count(*) FILTER (is_effective AND day >= $window_start) AS effective_events,
        count(*) FILTER (is_effective AND day >= $window_start AND e.platform_id IS NULL) AS outside_events,
        max(day) FILTER (is_effective) AS last_effective_date
    FROM line AS l LEFT JOIN warehouse.dim_platform_community AS e USING (platform_id, community_code)
    GROUP BY l.platform_id
),
service_day AS (
    SELECT p.platform_id, c.month_start_date, c.date AS day
    FROM warehouse.dim_platform AS p JOIN warehouse.dim_calendar AS c
        ON c.is_workday AND c.date BETWEEN $window_start AND $window_end
        AND c.date >= coalesce(p.go_live_date, c.date) AND c.date < coalesce(p.retired_date, c.date + 1)
),
logged_day AS (SELECT DISTINCT platform_id, day FROM line WHERE day >= $window_start),
month AS (
    SELECT s.platform_id, s.month_start_date, count(l.day) / count(*) AS completeness
    FROM service_day AS s LEFT JOIN logged_day AS l USING (platform_id, day)
    GROUP BY ALL
)
SELECT p.platform_id, coalesce(any_value(c.log_lines), 0) AS log_lines,
    coalesce(any_value(c.effective_events), 0) AS effective_events,
    coalesce(any_value(c.outside_events), 0) AS outside_events,
    any_value(c.last_effective_date) AS last_effective_date,
    min(m.completeness) AS log_completeness
FROM warehouse.dim_platform AS p LEFT JOIN counted AS c USING (platform_id) LEFT JOIN month AS m USING (platform_id)
GROUP BY p.platform_id
