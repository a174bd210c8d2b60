-- Telephones: a mobile number as 11 digits, a landline as area code and number without separators. Input: folded text.
-- Of several numbers in one field the first counts; extensions and remarks are left out; masked numbers keep their stars.

CREATE OR REPLACE TEMP MACRO phone_first(x) AS
    regexp_replace(ltrim(x, ' '''), '(?s)\s*(?:[/、,;|转]|\(?[^0-9\s().*+–—-]|\([^0-9)]).*$', '');

CREATE OR REPLACE TEMP MACRO phone_without_extension(x) AS
    regexp_replace(x, '^([0-9]{11})\.0+$|^(\(?0[0-9]{2,3}\)?[\s-]*[0-9]{7,8})-[0-9]{1,6}$', '\1\2');

CREATE OR REPLACE TEMP MACRO phone_digits(x) AS regexp_replace(x, '[\s().+–—-]', '', 'g');

-- With or without the country's prefix: mobile numbers lose a leading 0, area codes get theirs back.
CREATE OR REPLACE TEMP MACRO phone_without_prefix(x) AS
    regexp_replace(regexp_replace(x, '^(?:(?:00)?86)?0?(1[3-9][0-9]{9})$', '\1'),
                   '^(?:00)?860?([2-9][0-9]{8,10}|10[0-9]{7,8})$', '0\1');

CREATE OR REPLACE TEMP MACRO clean_phone(x) AS
    CASE WHEN regexp_full_match(x, '1[0-9]{10}') OR contains(x, '*') OR NOT regexp_matches(x, '^[\s''(+]*[0-9]') THEN x
         ELSE phone_without_prefix(phone_digits(phone_without_extension(phone_first(x)))) END;
