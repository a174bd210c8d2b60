-- One row is one platform's ratings and closed cases (tickets included) in the window, with the two findings that say how far to believe them.
-- Only satisfied: among n ratings of the last months none at or below a level, although the other platforms' share p of such
-- ratings makes (1 - p)^n at most the significance level; asked for the bad levels (1, 2) and for all below satisfied (1 to 3).
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
rateable AS (  -- cases, and tickets of hotlines and grids
    SELECT platform_id, source_key AS case_no, status_code, close_at FROM warehouse.fact_case
    UNION ALL
    SELECT platform_id, source_key, status_code, closed_at FROM warehouse.fact_ticket
),
closed AS (
    SELECT DISTINCT platform_id, case_no FROM rateable
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
        AND NOT EXISTS (FROM rateable AS c WHERE c.platform_id = r.platform_id AND c.case_no = f.case_no)
    GROUP BY r.platform_id
),
asked AS (
    SELECT platform_id, count(*) AS asked_ratings, count(*) FILTER (level <= 2) AS bad, count(*) FILTER (level <= 3) AS below
    FROM (SELECT DISTINCT ON (record_id) * FROM warehouse.fact_rating)
    WHERE NOT coalesce(is_default, FALSE) AND collected_code IS DISTINCT FROM 'system' AND level BETWEEN 1 AND 5
        AND rated_at >= day_start($window_end - to_months($detector_months::INT)) AND rated_at < day_after($window_end)
    GROUP BY platform_id
),
peers AS (
    SELECT *, sum(asked_ratings) OVER () - asked_ratings AS peer_ratings,
        sum(bad) OVER () - bad AS peer_bad, sum(below) OVER () - below AS peer_below
    FROM asked
),
silent AS (
    SELECT platform_id, asked_ratings, bad, below, ratio(peer_bad, peer_ratings) AS peer_bad_rate,
        pow(1 - greatest(ratio(peer_bad, peer_ratings), $least_bad_rate), asked_ratings) AS silence_probability,
        pow(1 - greatest(ratio(peer_below, peer_ratings), $least_bad_rate), asked_ratings) AS below_probability
    FROM peers
),
gathered AS (
    SELECT p.platform_id, COLUMNS(c.* EXCLUDE (platform_id)), COLUMNS(a.* EXCLUDE (platform_id)),
        COLUMNS(s.* EXCLUDE (platform_id)), coalesce(o.orphan_ratings, 0) AS orphan_ratings
    FROM warehouse.dim_platform AS p LEFT JOIN counted AS c USING (platform_id) LEFT JOIN answered AS a USING (platform_id)
    LEFT JOIN silent AS s USING (platform_id) LEFT JOIN orphan AS o USING (platform_id)
)
SELECT platform_id, COLUMNS('^(valid_ratings|level_.|default_ratings|system_ratings|machine_ratings|closed_cases|rated_cases)$'),
    orphan_ratings, asked_ratings, peer_bad_rate, silence_probability,
    coalesce((bad = 0 AND silence_probability <= $significance)
        OR (below = 0 AND below_probability <= $significance), FALSE) AS is_only_satisfied,
    coalesce(2 * machine_ratings > valid_ratings, FALSE) AS is_machine
FROM gathered
