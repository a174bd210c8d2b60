-- Tickets with their callers.
SELECT t.*, p.person_id
FROM vault.core_ticket AS t
LEFT JOIN warehouse.link_person AS p ON p.record_id = t.record_id
ORDER BY t.record_id
