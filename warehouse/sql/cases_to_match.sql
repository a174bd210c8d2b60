-- Cases with the person of the form that opened them, and where that person lives: as this form says, else as the
-- person's latest form that says so.
WITH home AS (
    SELECT
        p.person_id,
        arg_max(f.household_no, row(f.entered_at, f.record_id)) AS household_no,
        arg_max(f.address, row(f.entered_at, f.record_id)) AS address
    FROM vault.core_form AS f
    JOIN warehouse.link_person AS p ON p.record_id = f.record_id
    GROUP BY p.person_id
)
SELECT
    c.*,
    p.person_id,
    coalesce(f.household_no, h.household_no) AS household_no,
    coalesce(f.address, h.address) AS address
FROM vault.core_case AS c
LEFT JOIN vault.core_form AS f ON f.platform_id = c.platform_id AND f.source_key = c.form_key
LEFT JOIN warehouse.link_person AS p ON p.record_id = f.record_id
LEFT JOIN home AS h ON h.person_id = p.person_id
ORDER BY c.record_id
