-- Make room for new versions: every row of `{core}` (or of what hangs on its records) that an update replaces.
DELETE FROM {core} WHERE record_id IN (SELECT record_id FROM verdict WHERE verdict = 'updated')
