-- One row is one grey pair with what matching found of it; surrogates and their sizes on both sides.
WITH size AS (SELECT {entity} AS entity_id, count(*) AS entity_size FROM {links} GROUP BY ALL)
SELECT
    q.left_id, q.right_id, q.match_weight, q.match_probability, q.reason_code, q.worth, p.levels,
    l.{entity} AS left_entity, r.{entity} AS right_entity, ls.entity_size AS left_size, rs.entity_size AS right_size
FROM {review} AS q
JOIN {links} AS l ON l.record_id = q.left_id
JOIN {links} AS r ON r.record_id = q.right_id
JOIN size AS ls ON ls.entity_id = l.{entity}
JOIN size AS rs ON rs.entity_id = r.{entity}
LEFT JOIN {pairs} AS p
    ON least(p.left_id, p.right_id) = q.left_id AND greatest(p.left_id, p.right_id) = q.right_id
ORDER BY q.worth DESC, q.left_id, q.right_id
