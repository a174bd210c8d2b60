-- One row counts the rows of one platform that broke one rule, worst disposition first.
SELECT platform_id, reason_code, disposition_code, sum(row_count)::BIGINT AS hits
FROM warehouse.ctl_quality_flag
GROUP BY ALL
ORDER BY platform_id, CASE disposition_code WHEN 'quarantine' THEN 0 WHEN 'drop' THEN 1 ELSE 2 END, hits DESC, reason_code
