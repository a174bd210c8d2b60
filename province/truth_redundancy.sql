-- One row: manual entries, and those of them that are redundant across platforms (domain.md B3, class 2).
-- Reads: entry (every entry, all modes), judged (the manual entries that count), shelf_life.
--
-- A platform holds a value from just after an entry until it enters that attribute of the person again, or until the
-- attribute's shelf life is over. An entry of what its own platform holds is intra-platform repetition, not redundancy.
WITH holding AS (
    SELECT
        e.person_id, e.attribute_code, e.platform_id, e.value, e.entered_at AS held_from,
        least(
            e.entered_at + to_days(s.shelf_life_days),
            lead(e.entered_at, 1, TIMESTAMPTZ '9999-01-01') OVER (
                PARTITION BY e.person_id, e.attribute_code, e.platform_id ORDER BY e.entered_at
            )
        ) AS held_until
    FROM entry e
    JOIN shelf_life s USING (attribute_code)
),
numbered AS (
    SELECT *, row_number() OVER () AS entry_no FROM judged
),
held AS (
    SELECT
        n.entry_no,
        bool_or(h.platform_id = n.platform_id) AS held_here,
        bool_or(h.platform_id <> n.platform_id) AS held_elsewhere
    FROM numbered n
    JOIN holding h
        ON h.person_id = n.person_id AND h.attribute_code = n.attribute_code AND h.value = n.value
        AND h.held_from < n.entered_at AND n.entered_at <= h.held_until
    GROUP BY n.entry_no
)
SELECT
    (SELECT count(*) FROM judged) AS manual_entries,
    count(*) FILTER (held_elsewhere AND NOT held_here) AS redundant_entries
FROM held;
