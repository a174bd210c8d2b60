-- The surrogates of chosen records.
SELECT record_id, {entity} AS entity_id FROM {links} WHERE list_contains($ids, record_id)
