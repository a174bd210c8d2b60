-- Resident identity numbers, GB 11643-1999: 6 region + 8 birth date + 3 sequence + 1 check (ISO 7064 MOD 11-2).
-- Input: folded text. `list_transform([value], lambda y: …)[1]` names an intermediate value, so that it is computed once.

CREATE OR REPLACE TEMP MACRO identity_check_digit(body) AS
    substr('10X98765432', 1 + CAST(list_inner_product(
        CAST(string_split(body, '') AS FLOAT[]),
        CAST([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2] AS FLOAT[])) AS BIGINT) % 11, 1);

CREATE OR REPLACE TEMP MACRO has_identity_shape(x) AS regexp_full_match(x, '[0-9]{17}[0-9X]');

CREATE OR REPLACE TEMP MACRO identity_birth_date(x) AS CAST(try_strptime(substr(x, 7, 8), '%Y%m%d') AS DATE);

CREATE OR REPLACE TEMP MACRO is_valid_identity_number(x) AS
    CASE WHEN has_identity_shape(x)
         THEN right(x, 1) = identity_check_digit(left(x, 17))
              AND coalesce(identity_birth_date(x) BETWEEN DATE '1800-01-01' AND DATE '2099-12-31', false)
         ELSE false END;

-- The old sequence numbers 996 to 999 were kept for people born before 1900.
CREATE OR REPLACE TEMP MACRO identity_body_of_15(x) AS
    left(x, 6) || CASE WHEN substr(x, 13, 2) = '99' AND right(x, 1) >= '6' THEN '18' ELSE '19' END || substr(x, 7);

-- A body of 17 digits without its check digit; with an impossible birth date it is no resident's number.
CREATE OR REPLACE TEMP MACRO identity_of_body(body) AS
    CASE WHEN identity_birth_date(body) IS NOT NULL THEN body || identity_check_digit(body) END;

CREATE OR REPLACE TEMP MACRO identity_lengthened(x) AS
    CASE WHEN regexp_full_match(x, '[0-9]{15}')
         THEN coalesce(list_transform([identity_body_of_15(x)], lambda body: identity_of_body(body))[1], x)
         ELSE nullif(x, '') END;

CREATE OR REPLACE TEMP MACRO identity_symbols(x) AS
    translate(upper(regexp_replace(x, '[\s''’`_-]', '', 'g')), '×ХΧ', 'XXX');

-- Anything that isn't a 15-digit number with a real date (masked, passport, permit, broken) keeps its symbols.
CREATE OR REPLACE TEMP MACRO clean_identity_number(x) AS
    CASE WHEN has_identity_shape(x) THEN x
         ELSE list_transform([identity_symbols(x)], lambda y: identity_lengthened(y))[1] END;

-- A spreadsheet's number cell keeps 15 digits: it shows an exponent or a decimal part, or ends in three zeros that the
-- check digit denies (sequence 000 is never given out, so a chance agreement there is no excuse).
CREATE OR REPLACE TEMP MACRO has_lost_digits(x) AS
    CASE WHEN contains(x, 'E') OR contains(x, '.')
         THEN regexp_full_match(x, '[0-9]+(?:\.[0-9]+)?E\+?[0-9]+|[0-9]{15,18}\.[0-9]*')
         WHEN ends_with(x, '000') AND length(x) = 18
         THEN regexp_full_match(x, '[0-9]{18}') AND (substr(x, 15, 1) = '0' OR NOT is_valid_identity_number(x))
         ELSE false END;
