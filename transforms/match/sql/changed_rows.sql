-- One row is a record of tonight that the register does not hold as it is now.
SELECT place FROM tonight ANTI JOIN content USING (record_key, content) ORDER BY place
