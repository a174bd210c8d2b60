-- One row is a record of the register that is no more.
SELECT record_id FROM record ANTI JOIN tonight USING (record_key) ORDER BY record_id
