-- The identity part of changed tickets: a name and a telephone; tickets with neither name nobody.
INSERT INTO vault.link_person_record
    (record_id, platform_id, stream, person_name, phone, community_code, recorded_at)
SELECT record_id, platform_id, 'ticket', caller_name, caller_phone, community_code, received_at
FROM vault.core_ticket
WHERE record_id IN (SELECT record_id FROM verdict WHERE verdict IN ('inserted', 'updated'))
    AND (caller_name IS NOT NULL OR caller_phone IS NOT NULL)
