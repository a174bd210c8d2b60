-- The records of one surrogate.
SELECT record_id FROM {links} WHERE {entity} = $id ORDER BY record_id
