-- One row is the run that published what is read.
SELECT run_id, generation, strftime(ended_at, '%Y-%m-%d %H:%M') AS ended_at, checksum
FROM warehouse.ctl_run ORDER BY generation DESC LIMIT 1
