-- Chosen person records, unmasked: for matching, never for showing.
SELECT * FROM vault.link_person_record WHERE list_contains($ids, record_id)
