-- Dates and times, as Beijing wall clock (TIMESTAMP without zone: 'moment'). Input: folded text.
-- `shift` is what a time without zone lacks to be Beijing time; a bare date is a day of the calendar and isn't shifted.
-- `list_transform([value], lambda y: …)[1]` names an intermediate value, so that it is computed once.

-- The calendar that is taken seriously is 1000 to 9999; anything else can't be read.
CREATE OR REPLACE TEMP MACRO moment_in_calendar(t) AS
    list_transform([t], lambda m: CASE WHEN m BETWEEN TIMESTAMP '1000-01-01' AND TIMESTAMP '9999-12-30' THEN m END)[1];

-- 2026-07-01 08:05:03 and its near kin, which a cast reads as they are.
CREATE OR REPLACE TEMP MACRO is_plain_moment(x) AS
    regexp_full_match(x, '[1-9][0-9]{3}[-/][0-9]{1,2}[-/][0-9]{1,2}[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?');

CREATE OR REPLACE TEMP MACRO is_plain_date(x) AS regexp_full_match(x, '[1-9][0-9]{3}[-/][0-9]{1,2}[-/][0-9]{1,2}');

-- 2026-07-01T08:05:03Z, +08:00, +0800, +08.
CREATE OR REPLACE TEMP MACRO moment_of_zoned(x) AS
    TRY_CAST(CASE WHEN regexp_matches(x, ':[0-9.]+ ?(?:Z|[+-][0-9]{2}:?(?:[0-9]{2})?)$')
                  THEN regexp_replace(x, ' ?([+-][0-9]{2}):?([0-9]{2})$', '\1:\2') END AS TIMESTAMPTZ)
    AT TIME ZONE 'Asia/Shanghai';

-- Digits of 10 or 13 places are seconds or milliseconds since 1970 (UTC), as interfaces send them.
CREATE OR REPLACE TEMP MACRO moment_of_epoch(x) AS
    make_timestamp(1000 * TRY_CAST(CASE WHEN regexp_full_match(x, '1[0-9]{9}(?:[0-9]{3})?')
                                        THEN rpad(x, 13, '0') END AS BIGINT)) + INTERVAL 8 HOUR;

CREATE OR REPLACE TEMP MACRO moment_of_digits(x) AS
    try_strptime(CASE WHEN regexp_full_match(x, '[0-9]{8}|[0-9]{12}|[0-9]{14}') THEN rpad(x, 14, '0') END, '%Y%m%d%H%M%S');

-- Days since 1899-12-30, the fraction being time of day (Excel's 1900 system); 10000 to 80000 is 1927 to 2119.
CREATE OR REPLACE TEMP MACRO moment_of_serial(x) AS
    TIMESTAMP '1899-12-30' + to_seconds(round(86400 * TRY_CAST(
        CASE WHEN regexp_full_match(x, '[1-7][0-9]{4}(?:\.[0-9]+)?') THEN x END AS DOUBLE)));

-- 2026年7月1日8时5分3秒 and 2026.7.1 8:05 in the shape that a cast reads.
CREATE OR REPLACE TEMP MACRO moment_text(x) AS
    regexp_replace(
        rtrim(regexp_replace(regexp_replace(
            translate(x, '年月日号时点分秒', '--  :::'),
            '^([0-9]{4})[./-] *([0-9]{1,2})[./-] *([0-9]{1,2})', '\1-\2-\3 '), '\s+', ' ', 'g'), ' :'),
        ' ([0-9]{1,2})$', ' \1:00');

-- What is cast is looked at first: DuckDB 2 takes any last word for a zone (02:05:00 PM is 02:05), every version knows 'epoch'.
CREATE OR REPLACE TEMP MACRO is_moment_text(x) AS
    regexp_full_match(x, '[1-9][0-9]{3}[-/][0-9]{1,2}[-/][0-9]{1,2}(?:[ T][0-9]{1,2}:[0-9]{1,2}(?::[0-9]{1,2}(?:\.[0-9]+)?)?)?');

CREATE OR REPLACE TEMP MACRO moment_of_text(x) AS
    coalesce(CASE WHEN is_moment_text(x) THEN TRY_CAST(x AS TIMESTAMP) END,
             CASE WHEN x ILIKE '% _M' THEN try_strptime(x, ['%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M %p']) END);

CREATE OR REPLACE TEMP MACRO moment_without_zone(x) AS
    coalesce(moment_of_digits(x), moment_of_serial(x), list_transform([moment_text(x)], lambda y: moment_of_text(y))[1]);

CREATE OR REPLACE TEMP MACRO moment_unusual(x, shift) AS
    coalesce(moment_of_zoned(x), moment_of_epoch(x),
             moment_without_zone(x) + CASE WHEN regexp_full_match(x, '.{1,10}日?') THEN INTERVAL 0 HOUR ELSE shift END);

CREATE OR REPLACE TEMP MACRO clean_moment(x, shift) AS
    CASE WHEN is_plain_moment(x) THEN TRY_CAST(x AS TIMESTAMP) + shift ELSE moment_in_calendar(moment_unusual(x, shift)) END;

CREATE OR REPLACE TEMP MACRO clean_date(x, shift) AS
    CASE WHEN is_plain_date(x) THEN TRY_CAST(x AS DATE) ELSE CAST(clean_moment(x, shift) AS DATE) END;
