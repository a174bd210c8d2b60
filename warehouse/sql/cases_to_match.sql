-- Cases with the person of the form that opened them.
SELECT c.*, p.person_id
FROM vault.core_case AS c
LEFT JOIN vault.core_form AS f ON f.platform_id = c.platform_id AND f.source_key = c.form_key
LEFT JOIN warehouse.link_person AS p ON p.record_id = f.record_id
ORDER BY c.record_id
