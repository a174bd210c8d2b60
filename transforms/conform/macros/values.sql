-- Numbers, booleans, region codes, lists. Input: folded text.

CREATE OR REPLACE TEMP MACRO number_text(x) AS
    regexp_replace(regexp_replace(x, '^[\s''¥$]+|[\s,]+', '', 'g'), '(?:元|人|分|秒|岁|口)$', '');

CREATE OR REPLACE TEMP MACRO number_of_plain(x) AS
    CASE WHEN regexp_full_match(x, '[+-]?[0-9]*\.?[0-9]*(?:[eE][+-]?[0-9]{1,2})?') THEN TRY_CAST(x AS DOUBLE) END;

CREATE OR REPLACE TEMP MACRO number_of_han_digit(x) AS
    CASE WHEN length(x) = 1 AND contains('一二三四五六七八九十', x) THEN strpos('一二三四五六七八九十', x)
         WHEN x IN ('零', '〇') THEN 0
         WHEN x = '两' THEN 2 END;

CREATE OR REPLACE TEMP MACRO clean_number(x) AS
    coalesce(number_of_plain(x), number_of_plain(number_text(x)),
             CAST(number_of_han_digit(number_text(x)) AS DOUBLE),
             CASE WHEN ends_with(number_text(x), '万') THEN 10000 * number_of_plain(number_text(x)[:-2]) END);

-- 3.0 is three; 3.5 isn't a whole number and can't be read as one.
CREATE OR REPLACE TEMP MACRO clean_integer(x) AS
    CASE WHEN regexp_full_match(x, '[0-9]{1,15}') THEN TRY_CAST(x AS BIGINT)
         WHEN abs(clean_number(x)) < 1e15 AND clean_number(x) = floor(clean_number(x))
         THEN TRY_CAST(clean_number(x) AS BIGINT) END;

CREATE OR REPLACE TEMP MACRO clean_boolean(x) AS
    CASE WHEN lower(x) IN ('1', 'true', 't', 'y', 'yes', '是', '有', '1.0') THEN true
         WHEN lower(x) IN ('0', 'false', 'f', 'n', 'no', '否', '无', '0.0') THEN false END;

-- Statistical division codes: 12 digits; 6 and 9 digits name a county and a township.
CREATE OR REPLACE TEMP MACRO clean_region(x) AS
    CASE WHEN regexp_full_match(x, '[0-9]{12}') THEN x
         WHEN regexp_full_match(regexp_replace(x, '\.0+$|[\s'']', '', 'g'), '[0-9]{6}|[0-9]{9}|[0-9]{12}')
         THEN rpad(regexp_replace(x, '\.0+$|[\s'']', '', 'g'), 12, '0')
         ELSE x END;

CREATE OR REPLACE TEMP MACRO clean_list(x) AS
    nullif(trim(regexp_replace(x, '[\s,、;|]+', ',', 'g'), ','), '');
