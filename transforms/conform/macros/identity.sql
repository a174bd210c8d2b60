-- Resident identity numbers, GB 11643-1999: 6 region + 8 birth date + 3 sequence + 1 check (ISO 7064 MOD 11-2).
-- Input: folded text.

CREATE OR REPLACE TEMP MACRO identity_check_digit(body) AS
    '10X98765432'[1 + (
        (body // 10000000000000000) * 7 + (body // 1000000000000000) % 10 * 9 + (body // 100000000000000) % 10 * 10
        + (body // 10000000000000) % 10 * 5 + (body // 1000000000000) % 10 * 8 + (body // 100000000000) % 10 * 4
        + (body // 10000000000) % 10 * 2 + (body // 1000000000) % 10 * 1 + (body // 100000000) % 10 * 6
        + (body // 10000000) % 10 * 3 + (body // 1000000) % 10 * 7 + (body // 100000) % 10 * 9
        + (body // 10000) % 10 * 10 + (body // 1000) % 10 * 5 + (body // 100) % 10 * 8
        + (body // 10) % 10 * 4 + body % 10 * 2) % 11];

CREATE OR REPLACE TEMP MACRO has_identity_shape(x) AS regexp_full_match(x, '[0-9]{17}[0-9X]');

CREATE OR REPLACE TEMP MACRO identity_birth_date(x) AS CAST(try_strptime(substr(x, 7, 8), '%Y%m%d') AS DATE);

CREATE OR REPLACE TEMP MACRO is_valid_identity_number(x) AS
    has_identity_shape(x)
    AND x[18] = identity_check_digit(TRY_CAST(x[1:17] AS BIGINT))
    AND coalesce(identity_birth_date(x) BETWEEN DATE '1800-01-01' AND DATE '2099-12-31', false);

-- The old sequence numbers 996 to 999 were kept for people born before 1900.
CREATE OR REPLACE TEMP MACRO identity_body_of_15(x) AS
    x[1:6] || CASE WHEN x[13:15] IN ('996', '997', '998', '999') THEN '18' ELSE '19' END || x[7:15];

CREATE OR REPLACE TEMP MACRO identity_18_of_15(x) AS
    identity_body_of_15(x) || identity_check_digit(TRY_CAST(identity_body_of_15(x) AS BIGINT));

CREATE OR REPLACE TEMP MACRO identity_symbols(x) AS
    translate(upper(regexp_replace(x, '[\s''’`_-]', '', 'g')), '×ХΧ', 'XXX');

CREATE OR REPLACE TEMP MACRO identity_lengthened(x) AS
    CASE WHEN regexp_full_match(x, '[0-9]{15}') AND identity_birth_date(identity_body_of_15(x)) IS NOT NULL
         THEN identity_18_of_15(x)
         ELSE nullif(x, '') END;

-- Anything that isn't a 15-digit number with a real date (masked, passport, permit, broken) keeps its symbols.
CREATE OR REPLACE TEMP MACRO clean_identity_number(x) AS
    CASE WHEN has_identity_shape(x) THEN x ELSE identity_lengthened(identity_symbols(x)) END;

-- A spreadsheet's number cell keeps 15 digits: it shows an exponent or a decimal part, or ends in three zeros that the
-- check digit denies (sequence 000 is never given out, so a chance agreement there is no excuse).
CREATE OR REPLACE TEMP MACRO has_lost_digits(x) AS
    regexp_full_match(x, '[0-9]+(?:\.[0-9]+)?E\+?[0-9]+|[0-9]{15,18}\.[0-9]*')
    OR (regexp_full_match(x, '[0-9]{15}000') AND (x[15] = '0' OR NOT is_valid_identity_number(x)));
