-- One row is one ordered pair of platforms with repeated entries, attributed to the first holder.
SELECT m.holder_platform_id, m.receiver_platform_id, h.title_zh AS holder_zh, r.title_zh AS receiver_zh,
       m.first_holder_entries AS entries
FROM warehouse.mart_redundancy_matrix m
JOIN warehouse.dim_platform h ON h.platform_id = m.holder_platform_id
JOIN warehouse.dim_platform r ON r.platform_id = m.receiver_platform_id
WHERE m.first_holder_entries > 0
ORDER BY m.first_holder_entries DESC, m.holder_platform_id, m.receiver_platform_id
