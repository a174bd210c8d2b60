-- One row says how many platforms the whole rule would call high-use with another threshold of penetration. The lower threshold
-- of persistence moves along in proportion; what earlier windows say is left out.
WITH threshold AS (SELECT unnest(range(1, 51)) / 100 AS theta),
judged AS (
    SELECT t.theta, u.platform_id, u.penetration, u.penetration_lower, u.reach, u.reach_lower,
        count(*) FILTER (m.penetration >= t.theta * $theta_low / $theta) >= least($persistent_months, count(*)) AS is_persistent
    FROM threshold AS t
    CROSS JOIN warehouse.mart_usage_platform AS u
    JOIN warehouse.mart_usage_month AS m USING (platform_id)
    WHERE u.class_code NOT IN ('insufficient', 'zombie') AND NOT u.is_retired
    GROUP BY ALL
)
SELECT t.theta,
    count(*) FILTER (j.is_persistent AND j.penetration_lower >= t.theta AND j.reach_lower >= $reach) AS platforms,
    count(*) FILTER (j.is_persistent AND j.penetration >= t.theta AND j.reach >= $reach) AS platforms_point,
    $survey_high::BIGINT AS survey_platforms
FROM threshold AS t LEFT JOIN judged AS j USING (theta)
GROUP BY t.theta
