-- One row is one ordered pair among the platforms with most repeated entries (typed or supplied).
WITH busiest AS (
    SELECT platform_id FROM (
        SELECT holder_platform_id AS platform_id, sum(first_holder_entries) AS entries
        FROM warehouse.mart_redundancy_matrix GROUP BY ALL
        UNION ALL
        SELECT receiver_platform_id, sum(first_holder_entries) FROM warehouse.mart_redundancy_matrix GROUP BY ALL
    )
    GROUP BY platform_id ORDER BY sum(entries) DESC, platform_id LIMIT $most
)
SELECT h.title_zh AS holder, r.title_zh AS receiver, m.first_holder_entries AS entries
FROM warehouse.mart_redundancy_matrix m
JOIN warehouse.dim_platform h ON h.platform_id = m.holder_platform_id
JOIN warehouse.dim_platform r ON r.platform_id = m.receiver_platform_id
WHERE m.holder_platform_id IN (FROM busiest) AND m.receiver_platform_id IN (FROM busiest)
ORDER BY h.platform_id, r.platform_id
