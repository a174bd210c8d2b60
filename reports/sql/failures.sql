-- One row counts the rows of one platform that broke one rule, worst disposition first.
WITH hit AS (
    SELECT platform_id, reason_code, disposition_code, sum(row_count)::BIGINT AS hits
    FROM warehouse.ctl_quality_flag
    GROUP BY platform_id, reason_code, disposition_code
)
SELECT * FROM hit
ORDER BY platform_id, list_position(['quarantine', 'drop', 'flag'], disposition_code), hits DESC, reason_code
