-- One row is one step of a run that its events told of and no generation holds yet.
INSERT INTO warehouse.ctl_run_step BY NAME
SELECT * FROM run_step_rows WHERE event_id NOT IN (SELECT event_id FROM warehouse.ctl_run_step)
