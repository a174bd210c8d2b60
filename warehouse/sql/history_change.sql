-- One row of `change` is one event without its number: what happened to a surrogate, on account of which other one.
-- A surrogate is born with its first record, ends with its last; records that go from one living surrogate to another
-- are moved. Of several sources or targets the one with most records is named (ties: the smaller id), the others are
-- moves.
CREATE OR REPLACE TEMP TABLE change AS
WITH before AS (SELECT entity_id, count(*) AS record_count FROM link_before GROUP BY ALL),
after AS (SELECT {entity} AS entity_id, count(*) AS record_count FROM {links} GROUP BY ALL),
known AS (SELECT DISTINCT {entity} AS entity_id FROM {events}),
flow AS (
    SELECT from_id, to_id, count(*) AS record_count
    FROM move
    WHERE from_id IS NOT NULL AND to_id IS NOT NULL
    GROUP BY ALL
),
born AS (SELECT * FROM after ANTI JOIN before USING (entity_id)),
ended AS (SELECT * FROM before ANTI JOIN after USING (entity_id)),
source AS (
    SELECT f.* FROM flow AS f JOIN born AS b ON b.entity_id = f.to_id
    QUALIFY row_number() OVER (PARTITION BY f.to_id ORDER BY f.record_count DESC, f.from_id) = 1
),
target AS (
    SELECT f.* FROM flow AS f JOIN ended AS e ON e.entity_id = f.from_id
    QUALIFY row_number() OVER (PARTITION BY f.from_id ORDER BY f.record_count DESC, f.to_id) = 1
)
-- Surrogates of a generation that kept no history yet.
SELECT 'created' AS event_code, entity_id, NULL AS other_id, record_count FROM before ANTI JOIN known USING (entity_id)
UNION ALL
SELECT
    CASE WHEN k.entity_id IS NOT NULL THEN 'restored' WHEN s.from_id IS NULL THEN 'created' ELSE 'split' END,
    b.entity_id, s.from_id, coalesce(s.record_count, b.record_count)
FROM born AS b
LEFT JOIN source AS s ON s.to_id = b.entity_id
LEFT JOIN known AS k ON k.entity_id = b.entity_id
UNION ALL
SELECT
    CASE WHEN t.to_id IS NULL THEN 'retired' ELSE 'merged' END,
    e.entity_id, t.to_id, coalesce(t.record_count, e.record_count)
FROM ended AS e
LEFT JOIN target AS t ON t.from_id = e.entity_id
UNION ALL
SELECT 'moved', f.to_id, f.from_id, f.record_count
FROM flow AS f
ANTI JOIN source AS s ON s.from_id = f.from_id AND s.to_id = f.to_id
ANTI JOIN target AS t ON t.from_id = f.from_id AND t.to_id = f.to_id
