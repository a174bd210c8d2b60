-- The events of this generation, numbered, each with the latest decision that brought it about: one that joined records
-- of the two surrogates, or told records of the one apart.
INSERT INTO {events}
    (event_id, generation, run_id, occurred_at, event_code, {entity}, other_id, record_count, decision_id)
WITH cause AS (
    SELECT c.event_code, c.entity_id, c.other_id, max_by(r.decision_id, (r.decided_at, r.decision_id)) AS decision_id
    FROM change AS c
    JOIN ruled AS r ON (
        c.event_code IN ('merged', 'moved') AND r.judgement_code = 'same' AND r.left_now = r.right_now
        AND (r.left_before, r.right_before) IN ((c.entity_id, c.other_id), (c.other_id, c.entity_id))
    ) OR (
        c.event_code IN ('split', 'restored', 'moved') AND r.judgement_code = 'different'
        AND r.left_before = c.other_id AND r.right_before = c.other_id
        AND c.entity_id IN (r.left_now, r.right_now) AND r.left_now <> r.right_now
    )
    GROUP BY ALL
)
SELECT
    format('{{}}{{:06d}}-{{}}', $prefix, $generation::BIGINT, row_number() OVER (ORDER BY c.event_code, c.entity_id, c.other_id)),
    $generation, $run_id, $started_at, c.event_code, c.entity_id, c.other_id, c.record_count, cause.decision_id
FROM change AS c
LEFT JOIN cause
    ON cause.event_code = c.event_code AND cause.entity_id = c.entity_id AND cause.other_id = c.other_id
