-- One row compares what community workers say about one platform with what its log says.
SELECT s.about_platform_id AS platform_id,
    count(*) AS respondents,
    count(*) FILTER (s.frequency_code IN ('daily', 'weekly')) AS frequent_respondents,
    frequent_respondents / respondents AS frequent_share,
    wilson_lower(frequent_respondents, respondents) AS lower,
    wilson_upper(frequent_respondents, respondents) AS upper,
    2 * frequent_respondents > respondents AS is_frequent,
    any_value(u.class_code) = 'high' AS is_high
FROM (SELECT DISTINCT ON (record_id) * FROM warehouse.fact_survey) AS s
JOIN warehouse.mart_usage_platform AS u ON u.platform_id = s.about_platform_id
WHERE s.survey_code = 'usage' AND s.frequency_code IS NOT NULL AND s.answered_at < day_after($window_end)
    AND coalesce(s.duration_s >= $shortest_answer, TRUE)
GROUP BY s.about_platform_id
