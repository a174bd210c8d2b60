-- Telephones: a mobile number as 11 digits, a landline as area code and number without separators.
-- Of several numbers in one field the first counts; extensions are left out; masked numbers keep their stars.

CREATE OR REPLACE TEMP MACRO phone_first(x) AS
    regexp_replace(regexp_replace(x, '^[\s'']+', ''), '(?s)\s*(?:[/、,;，；|转]|(?i:ext|x)\.?\s*[0-9]).*$', '');

CREATE OR REPLACE TEMP MACRO phone_digits(x) AS
    regexp_replace(
        regexp_replace(regexp_replace(x, '^([0-9]{11})\.0+$', '\1'), '^(\(?0[0-9]{2,3}\)?[\s-]*[0-9]{7,8})-[0-9]{1,6}$', '\1'),
        '[\s().+–—-]', '', 'g');

CREATE OR REPLACE TEMP MACRO phone_without_prefix(x) AS
    CASE WHEN regexp_full_match(x, '(?:(?:00)?86)?0?1[3-9][0-9]{9}') THEN x[-11:]
         WHEN regexp_full_match(x, '(?:00)?860?[1-9][0-9]{8,10}') THEN '0' || regexp_replace(x, '^(?:00)?860?', '')
         ELSE x END;

CREATE OR REPLACE TEMP MACRO clean_phone(x) AS
    CASE WHEN regexp_full_match(x, '1[0-9]{10}') OR contains(x, '*') THEN x
         WHEN regexp_matches(phone_first(x), '[0-9]') THEN phone_without_prefix(phone_digits(phone_first(x)))
         ELSE x END;
