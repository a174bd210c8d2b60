-- One row is one record as a reviewer sees it: every value a text, masked or not.
SELECT record_id, platform_id, {values} FROM {records} WHERE list_contains($ids, record_id)
