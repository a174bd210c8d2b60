-- The identity part of changed forms: what matching compares.
INSERT INTO vault.link_person_record
    (record_id, platform_id, stream, person_name, cert_type_code, cert_no, sex_code, birth_date, phone, address,
     community_code, recorded_at)
SELECT
    record_id, platform_id, 'form', person_name, cert_type_code, cert_no, sex_code, birth_date, phone, address,
    coalesce(residence_code, community_code), entered_at
FROM vault.core_form
WHERE record_id IN (SELECT record_id FROM verdict WHERE verdict IN ('inserted', 'updated'))
