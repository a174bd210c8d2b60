-- Numbers, booleans, region codes, lists. Input: folded text.
-- `list_transform([value], lambda y: …)[1]` names an intermediate value, so that it is computed once.

CREATE OR REPLACE TEMP MACRO number_text(x) AS
    regexp_replace(regexp_replace(x, '[\s,''¥$]+', '', 'g'), '(?:元|人|分|秒|岁|口)$', '');

CREATE OR REPLACE TEMP MACRO number_of_plain(x) AS
    CASE WHEN regexp_full_match(x, '[+-]?[0-9]*\.?[0-9]*(?:[eE][+-]?[0-9]{1,2})?') THEN TRY_CAST(x AS DOUBLE) END;

CREATE OR REPLACE TEMP MACRO number_of_han(x) AS
    CASE WHEN length(x) = 1 THEN nullif(strpos('〇一二三四五六七八九十', translate(x, '零两', '〇二')), 0) - 1
         WHEN ends_with(x, '万') THEN 10000 * number_of_plain(rtrim(x, '万')) END;

CREATE OR REPLACE TEMP MACRO number_unusual(x) AS coalesce(number_of_plain(x), number_of_han(x));

CREATE OR REPLACE TEMP MACRO clean_number(x) AS
    coalesce(number_of_plain(x), list_transform([number_text(x)], lambda y: number_unusual(y))[1]);

-- 3.0 is three; 3.5 isn't a whole number and can't be read as one.
CREATE OR REPLACE TEMP MACRO integer_of_number(n) AS
    CASE WHEN abs(n) < 1e15 AND n = floor(n) THEN CAST(n AS BIGINT) END;

CREATE OR REPLACE TEMP MACRO clean_integer(x) AS
    CASE WHEN regexp_full_match(x, '[0-9]{1,15}') THEN TRY_CAST(x AS BIGINT)
         ELSE list_transform([clean_number(x)], lambda n: integer_of_number(n))[1] END;

CREATE OR REPLACE TEMP MACRO clean_boolean(x) AS
    CASE lower(x) WHEN '1' THEN true WHEN '0' THEN false
                  WHEN 'true' THEN true WHEN 'false' THEN false
                  WHEN 'y' THEN true WHEN 'n' THEN false
                  WHEN 'yes' THEN true WHEN 'no' THEN false
                  WHEN 't' THEN true WHEN 'f' THEN false
                  WHEN '是' THEN true WHEN '否' THEN false
                  WHEN '有' THEN true WHEN '无' THEN false
                  WHEN '1.0' THEN true WHEN '0.0' THEN false END;

-- Statistical division codes: 12 digits; 6 and 9 digits name a county and a township.
CREATE OR REPLACE TEMP MACRO region_padded(x) AS
    CASE WHEN regexp_full_match(x, '[0-9]{6}|[0-9]{9}|[0-9]{12}') THEN rpad(x, 12, '0') ELSE x END;

CREATE OR REPLACE TEMP MACRO clean_region(x) AS
    CASE WHEN regexp_full_match(x, '[0-9]{12}') THEN x
         ELSE nullif(region_padded(regexp_replace(regexp_replace(x, '[\s'']', '', 'g'), '(?:\.0+)+$', '')), '') END;

CREATE OR REPLACE TEMP MACRO clean_list(x) AS
    nullif(trim(regexp_replace(x, '[\s,、;|]+', ',', 'g'), ','), '');
