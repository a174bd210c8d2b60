-- One row is one quantity of use of one platform: penetration with its interval, reach, frequency, intensity, concentration.
SELECT 'penetration' AS part, 'platform' AS grain, platform_id AS grain_key, penetration AS value,
    active_days AS numerator, eligible_communities * working_days AS denominator,
    penetration_lower AS lower, penetration_upper AS upper, class_zh || ' ' || class_code AS note
FROM warehouse.mart_usage_platform
UNION ALL
SELECT e.part, e.grain, e.grain_key, e.value, e.numerator, e.denominator, e.lower, e.upper, NULL
FROM warehouse.mart_usage_estimate AS e WHERE e.part = 'reach'
UNION ALL
SELECT 'frequency', 'platform', platform_id, frequency, active_days, active_communities * working_days, NULL, NULL, NULL
FROM warehouse.mart_usage_platform
UNION ALL
SELECT 'intensity', 'platform', platform_id, intensity, events, eligible_communities * working_days, NULL, NULL, NULL
FROM warehouse.mart_usage_platform
UNION ALL
SELECT 'concentration', 'platform', platform_id, concentration, NULL, events, NULL, NULL, NULL
FROM warehouse.mart_usage_platform
