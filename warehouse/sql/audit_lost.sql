-- Landed rows that are neither set aside nor held under their key.
SELECT platform_id, stream, batch_id, 'lost', '0 rows', count(*) || ' rows'
FROM landed_key AS l
ANTI JOIN vault.ctl_quarantine AS q USING (platform_id, stream, batch_id, landed_row)
ANTI JOIN held_key AS h ON h.platform_id = l.platform_id AND h.stream = l.stream AND h.source_key = l.source_key
GROUP BY ALL
