-- Decisions that two records are one person, who are two nevertheless: they wait, and are told from those in force.
UPDATE vault.link_decision AS d
SET state_code = 'against_persons'
FROM warehouse.link_person AS l, warehouse.link_person AS r
WHERE
    d.kind_code = 'person' AND d.judgement_code = 'same' AND d.state_code = 'in_force'
    AND l.record_id = d.left_id AND r.record_id = d.right_id AND l.person_id <> r.person_id
RETURNING d.decision_id
