-- One row is one of the first quarantined rows of a platform: where it stands in the source, never what it says.
SELECT platform_id, stream, source_unit, source_unit_row, reason_codes, source_key,
       count(*) OVER (PARTITION BY platform_id) AS all_rows
FROM vault.ctl_quarantine
WHERE disposition_code = 'quarantine'
QUALIFY row_number() OVER (PARTITION BY platform_id ORDER BY batch_id DESC, stream, landed_row) <= $most
ORDER BY platform_id, stream, landed_row
