-- Freshness after this run: the state held, brought up to date by the last attempts.
CREATE OR REPLACE TEMP TABLE platform_states AS
WITH judged AS (
    SELECT
        a.*,
        -- one that had nothing new has no batch
        a.batch_id IS NULL OR a.batch_id IN (SELECT batch_id FROM warehouse.ctl_batch) AS is_loaded
    FROM attempts AS a
)
SELECT
    coalesce(j.platform_id, h.platform_id) AS platform_id,
    CASE WHEN j.platform_id IS NULL THEN h.is_stale ELSE NOT (j.ok AND coalesce(j.is_loaded, false)) END AS is_stale,
    CASE WHEN j.ok AND j.is_loaded THEN j."at"::TIMESTAMPTZ ELSE h.last_success_at END AS last_success_at,
    CASE
        WHEN j.platform_id IS NULL THEN h.error_code
        WHEN NOT j.ok THEN j.error_code
        WHEN NOT coalesce(j.is_loaded, false) THEN $stopped
    END AS error_code,
    CASE
        WHEN j.platform_id IS NULL THEN h.error_text
        WHEN NOT j.ok THEN j.error_text
        WHEN NOT coalesce(j.is_loaded, false) THEN $stopped_text
    END AS error_text
FROM judged AS j
FULL JOIN warehouse.ctl_platform_state AS h ON h.platform_id = j.platform_id
