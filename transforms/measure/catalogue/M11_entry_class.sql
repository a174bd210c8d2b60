-- One row is one entry event with its class: what its platform and the others held just before it (domain.md B3).
-- Held: the value a platform recorded last, by any mode, within the attribute's shelf life. "Just before" is the order of
-- time, then of platform, then of a hash of the entry id, so that entries of one second are judged alike in every run.
-- Persons, attributes, platforms and values are numbered first (values are compared within one person's attribute only) and
-- titles joined back last: narrow rows of numbers sort several times faster.
WITH platform AS (
    SELECT platform_id, row_number() OVER (ORDER BY platform_id) AS platform_no FROM warehouse.dim_platform
),
attribute AS (
    SELECT attribute_code, is_eligible, coalesce(shelf_life_days, 365000) * 86400000000 AS shelf_life_us,
        row_number() OVER (ORDER BY attribute_code) AS attribute_no
    FROM warehouse.dim_attribute
),
person AS (
    SELECT person_id, row_number() OVER () AS person_no
    FROM (SELECT DISTINCT person_id FROM warehouse.fact_entry WHERE person_id IS NOT NULL)
),
entry AS MATERIALIZED (
    SELECT e.entry_id, e.platform_id, e.attribute_code, e.person_id, e.entered_at, e.mode_code, e.is_variant_spelling,
        row_number() OVER () AS entry_no,
        p.person_no * 65536 + a.attribute_no AS subject,
        q.platform_no,
        hash(e.value_token) AS value_no,
        hash(e.entry_id) AS tie,
        epoch_us(e.entered_at) AS at_us,
        at_us - a.shelf_life_us AS fresh_from_us,
        coalesce(a.is_eligible, FALSE) AND e.value_token IS NOT NULL AS is_eligible,
        coalesce(l.grade_code = 'possible' OR l.confidence < $doubt_below, FALSE) AS is_doubtful
    FROM warehouse.fact_entry AS e
    JOIN platform AS q USING (platform_id)
    LEFT JOIN attribute AS a USING (attribute_code)
    LEFT JOIN person AS p USING (person_id)
    LEFT JOIN warehouse.link_person AS l USING (record_id)
    WHERE e.entered_at < day_after($window_end)
),
sequenced AS (  -- the same entry delivered twice counts once
    SELECT entry_no, subject, platform_no, value_no, at_us, fresh_from_us, is_doubtful,
        row_number() OVER in_order AS seq,
        lag(at_us) OVER in_order >= fresh_from_us AS is_any_fresh
    FROM entry
    WHERE is_eligible AND subject IS NOT NULL
    WINDOW in_order AS (PARTITION BY subject ORDER BY at_us, platform_no, tie)
    QUALIFY lag(tie) OVER in_order IS DISTINCT FROM tie
),
held AS MATERIALIZED (  -- until when each entry is its platform's current value
    SELECT *,
        lead(seq, 1, 9223372036854775807) OVER on_platform AS until_seq,
        coalesce(lag(value_no) OVER on_platform = value_no AND lag(at_us) OVER on_platform >= fresh_from_us, FALSE) AS is_own
    FROM sequenced
    WINDOW on_platform AS (PARTITION BY subject, platform_no ORDER BY seq)
),
since AS (SELECT subject, value_no, platform_no, min(seq) AS since_seq FROM held GROUP BY ALL),
holding AS (  -- each entry with every other platform that held its value, coded as since and platform in one number
    SELECT e.entry_no, s.since_seq * 1048576 + s.platform_no AS holder, h.is_doubtful
    FROM held AS e
    JOIN held AS h
        ON h.subject = e.subject AND h.value_no = e.value_no AND h.platform_no <> e.platform_no
        AND h.seq < e.seq AND h.until_seq > e.seq AND h.at_us >= e.fresh_from_us
    JOIN since AS s ON s.subject = h.subject AND s.value_no = h.value_no AND s.platform_no = h.platform_no
),
holders AS (
    SELECT entry_no, list_sort(list(holder)) AS holders, bool_and(is_doubtful) AS is_holder_doubtful
    FROM holding GROUP BY entry_no
),
epoch AS (  -- a value epoch begins with an entry whose value nobody held, its own platform included
    SELECT e.entry_no, e.is_own, e.is_any_fresh, e.until_seq = 9223372036854775807 AS is_current,
        max(CASE WHEN h.entry_no IS NULL AND NOT e.is_own THEN e.seq END) OVER (
            PARTITION BY e.subject, e.value_no ORDER BY e.seq
        ) AS epoch_no
    FROM held AS e LEFT JOIN holders AS h USING (entry_no)
),
judged AS (
    SELECT e.*, h.epoch_no, h.is_current, o.holders, o.is_holder_doubtful,
        CASE
            WHEN e.mode_code = 'prefill_accepted' THEN 'confirmed'
            WHEN e.mode_code <> 'manual' THEN 'not_typed'
            WHEN h.is_own THEN 'intra'
            WHEN o.holders IS NOT NULL THEN 'cross'
            WHEN h.is_any_fresh THEN 'conflict'
            ELSE 'first'
        END AS class_code
    FROM entry AS e JOIN epoch AS h USING (entry_no) LEFT JOIN holders AS o USING (entry_no)
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
    is_current,
    class_code = 'cross' AND NOT is_doubtful AND NOT is_holder_doubtful AS is_sure,
    class_code = 'cross' OR (class_code IN ('first', 'conflict') AND is_doubtful) AS is_possible
FROM judged CROSS JOIN (SELECT list(platform_id ORDER BY platform_no) AS names FROM platform)
UNION ALL
SELECT entry_id, platform_id, attribute_code, person_id, entered_at, class_code, FALSE, 0, '', NULL, FALSE, FALSE, FALSE
FROM unjudged
