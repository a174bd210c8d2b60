-- The published copy of the ledger, as its entries name their parts.
SELECT
    decision_id, kind_code AS kind, left_id, right_id, judgement_code AS judgement,
    strftime(decided_at, '%Y-%m-%dT%H:%M:%S.%f%z') AS at, decided_by AS by, source_code AS source, source_key, note,
    left_entity_id, right_entity_id,
    strftime(withdrawn_at, '%Y-%m-%dT%H:%M:%S.%f%z') AS withdrawn_at, withdrawn_by
FROM vault.link_decision
ORDER BY decided_at, decision_id
