-- One row is one platform's ratings and closed cases in the window, with the two findings that say how far to believe them.
-- Only satisfied: no rating at or below a level although the other platforms' share p of such ratings makes (1 - p)^n at most
-- the significance level; asked for the bad levels (1, 2) and for everything below satisfied (1 to 3).
WITH counted AS (
    SELECT platform_id,
        count(*) FILTER (class_code = 'valid') AS valid_ratings,
        count(*) FILTER (class_code = 'valid' AND level = 5) AS level_5,
        count(*) FILTER (class_code = 'valid' AND level = 4) AS level_4,
        count(*) FILTER (class_code = 'valid' AND level = 3) AS level_3,
        count(*) FILTER (class_code = 'valid' AND level = 2) AS level_2,
        count(*) FILTER (class_code = 'valid' AND level = 1) AS level_1,
        count(*) FILTER (class_code = 'default') AS default_ratings,
        count(*) FILTER (class_code = 'system') AS system_ratings,
        count(*) FILTER (class_code = 'valid' AND is_machine) AS machine_ratings
    FROM warehouse.mart_rating_class GROUP BY platform_id
),
closed AS (
    SELECT DISTINCT platform_id, source_key AS case_no FROM warehouse.fact_case
    WHERE status_code = 'closed' AND close_at >= day_start($window_start) AND close_at < day_after($window_end)
),
rated AS (  -- every valid rating counts for its case, whenever it was given
    SELECT DISTINCT platform_id, case_no FROM warehouse.fact_rating
    WHERE NOT coalesce(is_default, FALSE) AND collected_code IS DISTINCT FROM 'system'
        AND rated_at < day_after($window_end)
),
answered AS (
    SELECT c.platform_id, count(*) AS closed_cases, count(r.case_no) AS rated_cases
    FROM closed AS c LEFT JOIN rated AS r USING (platform_id, case_no) GROUP BY c.platform_id
),
orphan AS (
    SELECT r.platform_id, count(*) AS orphan_ratings
    FROM warehouse.mart_rating_class AS r
    JOIN (SELECT DISTINCT ON (record_id) record_id, case_no FROM warehouse.fact_rating) AS f USING (record_id)
    WHERE r.class_code = 'valid'
        AND NOT EXISTS (FROM warehouse.fact_case AS c WHERE c.platform_id = r.platform_id AND c.source_key = f.case_no)
    GROUP BY r.platform_id
),
gathered AS (
    SELECT p.platform_id,
        COLUMNS(c.* EXCLUDE (platform_id)), COLUMNS(a.* EXCLUDE (platform_id)), coalesce(o.orphan_ratings, 0) AS orphan_ratings
    FROM warehouse.dim_platform AS p LEFT JOIN counted AS c USING (platform_id) LEFT JOIN answered AS a USING (platform_id)
    LEFT JOIN orphan AS o USING (platform_id)
),
peers AS (
    SELECT *, sum(valid_ratings) OVER () - coalesce(valid_ratings, 0) AS peer_ratings,
        sum(level_2 + level_1) OVER () - coalesce(level_2 + level_1, 0) AS peer_bad,
        sum(level_3 + level_2 + level_1) OVER () - coalesce(level_3 + level_2 + level_1, 0) AS peer_below
    FROM gathered
),
silent AS (
    SELECT *, ratio(peer_bad, peer_ratings) AS peer_bad_rate,
        pow(1 - greatest(ratio(peer_bad, peer_ratings), $least_bad_rate), valid_ratings) AS silence_probability,
        pow(1 - greatest(ratio(peer_below, peer_ratings), $least_bad_rate), valid_ratings) AS below_probability
    FROM peers
)
SELECT platform_id, COLUMNS('^(valid_ratings|level_.|default_ratings|system_ratings|machine_ratings|closed_cases|rated_cases)$'),
    orphan_ratings, peer_bad_rate, silence_probability,
    coalesce((level_2 + level_1 = 0 AND silence_probability <= $significance)
        OR (level_3 + level_2 + level_1 = 0 AND below_probability <= $significance), FALSE) AS is_only_satisfied,
    coalesce(2 * machine_ratings > valid_ratings, FALSE) AS is_machine
FROM silent
