-- One row is one entry event with its class: what its platform and the others held just before it (domain.md B3).
-- Held: the value a platform recorded last, by any mode, within the attribute's shelf life. "Just before" is the order of time,
-- then of entry id, so that two entries of one second are judged the same way in every run. Persons, attributes, platforms and
-- values are numbered first (equal tokens are compared within one person's attribute only): numbers sort several times faster.
WITH platform AS (
    SELECT platform_id, row_number() OVER (ORDER BY platform_id) AS platform_no FROM warehouse.dim_platform
),
attribute AS (
    SELECT attribute_code, is_eligible, coalesce(shelf_life_days, 365000) * INTERVAL 1 DAY AS shelf_life,
        row_number() OVER (ORDER BY attribute_code) AS attribute_no
    FROM warehouse.dim_attribute
),
person AS (
    SELECT person_id, row_number() OVER () AS person_no
    FROM (SELECT DISTINCT person_id FROM warehouse.fact_entry WHERE person_id IS NOT NULL)
),
entry AS (
    SELECT e.entry_id, e.platform_id, e.attribute_code, e.person_id, e.entered_at, e.mode_code, e.is_variant_spelling,
        p.person_no * 65536 + a.attribute_no AS subject,
        q.platform_no,
        hash(e.value_token) AS value_no,
        e.entered_at - a.shelf_life AS fresh_from,
        coalesce(a.is_eligible, FALSE) AND e.value_token IS NOT NULL AS is_eligible,
        coalesce(l.grade_code, 'certain') = 'certain' AS is_certain,
        coalesce(l.grade_code = 'possible' OR l.confidence < $doubt_below, FALSE) AS is_doubtful
    FROM warehouse.fact_entry AS e
    JOIN platform AS q USING (platform_id)
    LEFT JOIN attribute AS a USING (attribute_code)
    LEFT JOIN person AS p USING (person_id)
    LEFT JOIN warehouse.link_person AS l USING (record_id)
    WHERE e.entered_at < day_after($window_end)
),
sequenced AS (  -- the same entry delivered twice counts once
    SELECT *,
        row_number() OVER in_order AS seq,
        lag(entered_at) OVER in_order AS any_before_at
    FROM entry
    WHERE is_eligible AND subject IS NOT NULL
    WINDOW in_order AS (PARTITION BY subject ORDER BY entered_at, entry_id)
    QUALIFY lag(entry_id) OVER in_order IS DISTINCT FROM entry_id
),
spell AS (  -- until when each entry is its platform's current value
    SELECT *,
        lead(seq, 1, 9223372036854775807) OVER on_platform AS until_seq,
        lag(value_no) OVER on_platform IS NOT DISTINCT FROM value_no AS is_repeat,
        lag(entered_at) OVER on_platform >= fresh_from AS is_own_fresh
    FROM sequenced
    WINDOW on_platform AS (PARTITION BY subject, platform_no ORDER BY seq)
),
held AS (  -- since when the platform has held that value
    SELECT *, max(CASE WHEN NOT is_repeat THEN seq END) OVER (
        PARTITION BY subject, platform_no ORDER BY seq
    ) AS since_seq
    FROM spell
),
holding AS (  -- each entry with every other platform that held its value, coded as since and platform in one number
    SELECT e.subject, e.seq, h.since_seq * 1048576 + h.platform_no AS holder, h.is_certain
    FROM held AS e
    JOIN held AS h
        ON h.subject = e.subject AND h.value_no = e.value_no AND h.platform_no <> e.platform_no
        AND h.seq < e.seq AND h.until_seq > e.seq AND h.entered_at >= e.fresh_from
),
holders AS (
    SELECT subject, seq, list_sort(list(holder)) AS holders, bool_or(is_certain) AS is_holder_certain
    FROM holding GROUP BY subject, seq
),
judged AS (
    SELECT e.*, h.holders, h.is_holder_certain,
        CASE
            WHEN e.mode_code = 'prefill_accepted' THEN 'confirmed'
            WHEN e.mode_code <> 'manual' THEN 'not_typed'
            WHEN e.is_repeat AND e.is_own_fresh THEN 'intra'
            WHEN h.holders IS NOT NULL THEN 'cross'
            WHEN e.any_before_at >= e.fresh_from THEN 'conflict'
            ELSE 'first'
        END AS class_code
    FROM held AS e LEFT JOIN holders AS h USING (subject, seq)
),
epoch AS (  -- a value epoch begins with an entry whose value nobody held, its own platform included
    SELECT *, max(CASE WHEN holders IS NULL AND NOT coalesce(is_repeat AND is_own_fresh, FALSE) THEN seq END) OVER (
        PARTITION BY subject, value_no ORDER BY seq
    ) AS epoch_no
    FROM judged
),
unjudged AS (
    SELECT DISTINCT ON (entry_id) *, CASE
            WHEN mode_code = 'prefill_accepted' THEN 'confirmed'
            WHEN mode_code <> 'manual' THEN 'not_typed'
            WHEN is_eligible THEN 'unmatched'
            ELSE 'excluded'
        END AS class_code
    FROM entry WHERE NOT is_eligible OR subject IS NULL
)
SELECT entry_id, platform_id, attribute_code, person_id, entered_at, class_code,
    class_code = 'cross' AND coalesce(is_variant_spelling, FALSE) AS is_variant,
    coalesce(len(holders), 0) AS holder_count,
    coalesce(array_to_string(list_transform(holders, lambda h: names[h % 1048576]), ','), '') AS holders,
    epoch_no,
    class_code = 'cross' AND is_certain AND is_holder_certain AS is_sure,
    class_code = 'cross' OR (class_code IN ('first', 'conflict') AND is_doubtful) AS is_possible
FROM epoch CROSS JOIN (SELECT list(platform_id ORDER BY platform_no) AS names FROM platform)
UNION ALL
SELECT entry_id, platform_id, attribute_code, person_id, entered_at, class_code, FALSE, 0, '', NULL, FALSE, FALSE
FROM unjudged
