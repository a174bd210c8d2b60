-- An unchanged row that came again points to its latest delivery, so that later ties are settled alike in every order.
UPDATE {core} SET batch_id = v.batch_id, landed_row = v.landed_row
FROM verdict AS v
WHERE v.verdict = 'unchanged' AND v.is_later
    AND {name}.platform_id = v.platform_id AND {name}.source_key = v.source_key
