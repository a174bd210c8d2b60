-- One row is one month of one platform in one eligible community that used it: days and effective transactions on working days.
SELECT u.platform_id, u.community_code, c.month_start_date,
    count(DISTINCT c.date) AS active_days, count(DISTINCT u.record_id) AS events
FROM warehouse.fact_usage AS u
JOIN warehouse.dim_platform_community AS e USING (platform_id, community_code)
JOIN warehouse.dim_calendar AS c ON c.date = u.occurred_at::DATE AND c.is_workday
WHERE u.occurred_at >= day_start($window_start) AND u.occurred_at < day_after($window_end)
    AND is_effective(u.account_kind_code, u.action_code, u.duration_s, $shortest_seconds)
GROUP BY ALL
