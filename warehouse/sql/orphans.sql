-- Records of one table that another table should hold and does not.
SELECT count(*) FROM {table} AS t ANTI JOIN {holder} AS h ON h.record_id = t.record_id
