-- One row is one record of the persons that some records belong to, with its certificate number, unmasked.
SELECT link.{entity} AS entity_id, record.record_id, record.cert_no
FROM {links} AS link
JOIN vault.link_person_record AS record ON record.record_id = link.record_id
WHERE link.{entity} IN (SELECT {entity} FROM {links} WHERE list_contains($ids, record_id))
ORDER BY ALL
