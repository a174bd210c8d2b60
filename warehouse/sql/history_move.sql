-- One row of `move` is one record whose surrogate is not what it was; null where the record came or went.
CREATE OR REPLACE TEMP TABLE move AS
SELECT coalesce(n.record_id, b.record_id) AS record_id, b.entity_id AS from_id, n.{entity} AS to_id
FROM {links} AS n
FULL JOIN link_before AS b ON b.record_id = n.record_id
WHERE n.{entity} IS DISTINCT FROM b.entity_id
