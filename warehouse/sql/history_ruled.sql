-- One row of `ruled` is one decision in force with the surrogates that its two records had and have.
CREATE OR REPLACE TEMP TABLE ruled AS
SELECT
    d.decision_id, d.judgement_code, d.decided_at,
    lb.entity_id AS left_before, rb.entity_id AS right_before, ln.{entity} AS left_now, rn.{entity} AS right_now
FROM vault.link_decision AS d
JOIN {links} AS ln ON ln.record_id = d.left_id
JOIN {links} AS rn ON rn.record_id = d.right_id
LEFT JOIN link_before AS lb ON lb.record_id = d.left_id
LEFT JOIN link_before AS rb ON rb.record_id = d.right_id
WHERE d.kind_code = $kind AND d.state_code = 'in_force'
