-- Dates and times, as Beijing wall clock (TIMESTAMP without zone: 'moment'). Input: folded text.
-- The calendar that is taken seriously is 1000 to 9999; anything else can't be read.

CREATE OR REPLACE TEMP MACRO moment_in_calendar(t) AS
    CASE WHEN t BETWEEN TIMESTAMP '1000-01-01' AND TIMESTAMP '9999-12-30' THEN t END;

-- Digits of 10 or 13 places are seconds or milliseconds since 1970 (UTC), as interfaces send them.
CREATE OR REPLACE TEMP MACRO is_epoch(x) AS regexp_full_match(x, '1[0-9]{9}(?:[0-9]{3})?');

CREATE OR REPLACE TEMP MACRO moment_of_epoch(x) AS
    make_timestamp(TRY_CAST(x AS BIGINT) * CASE WHEN length(x) = 10 THEN 1000000 ELSE 1000 END) + INTERVAL 8 HOUR;

CREATE OR REPLACE TEMP MACRO has_zone(x) AS
    (length(x) > 19 OR contains(x, '+') OR ends_with(x, 'Z'))
    AND regexp_matches(x, ':[0-9.]+ ?(?:Z|[+-][0-9]{2}:?(?:[0-9]{2})?)$');

CREATE OR REPLACE TEMP MACRO moment_of_zoned(x) AS
    TRY_CAST(regexp_replace(x, ' ?([+-][0-9]{2}):?([0-9]{2})$', '\1:\2') AS TIMESTAMPTZ) AT TIME ZONE 'Asia/Shanghai';

-- 2026年7月1日8时5分3秒 and 2026.7.1 8:05 in the shape that a cast reads.
CREATE OR REPLACE TEMP MACRO moment_text(x) AS
    regexp_replace(
        rtrim(regexp_replace(regexp_replace(
            translate(x, '年月日号时点分秒', '--  :::'),
            '^([0-9]{4})[.-] *([0-9]{1,2})[.-] *([0-9]{1,2})', '\1-\2-\3 '), '\s+', ' ', 'g'), ' :'),
        ' ([0-9]{1,2})$', ' \1:00');

CREATE OR REPLACE TEMP MACRO moment_of_digits(x) AS
    CASE length(x) WHEN 8 THEN try_strptime(x, '%Y%m%d')
                   WHEN 12 THEN try_strptime(x, '%Y%m%d%H%M')
                   WHEN 14 THEN try_strptime(x, '%Y%m%d%H%M%S') END;

-- Days since 1899-12-30, the fraction being time of day (Excel's 1900 system); 10000 to 80000 is 1927 to 2119.
CREATE OR REPLACE TEMP MACRO moment_of_serial(x) AS
    CASE WHEN TRY_CAST(x AS DOUBLE) BETWEEN 10000 AND 80000
         THEN TIMESTAMP '1899-12-30' + to_seconds(round(TRY_CAST(x AS DOUBLE) * 86400)) END;

CREATE OR REPLACE TEMP MACRO moment_unusual(x) AS
    CASE WHEN regexp_full_match(x, '[0-9]{8}|[0-9]{12}|[0-9]{14}') THEN moment_of_digits(x)
         WHEN regexp_full_match(x, '[0-9]{5}(?:\.[0-9]+)?') THEN moment_of_serial(x)
         ELSE coalesce(TRY_CAST(moment_text(x) AS TIMESTAMP),
                       try_strptime(x, ['%Y-%m-%d %I:%M:%S %p', '%Y/%m/%d %I:%M:%S %p'])) END;

CREATE OR REPLACE TEMP MACRO moment_without_zone(x) AS
    moment_in_calendar(coalesce(TRY_CAST(x AS TIMESTAMP), moment_unusual(x)));

CREATE OR REPLACE TEMP MACRO moment_absolute(x) AS
    moment_in_calendar(CASE WHEN is_epoch(x) THEN moment_of_epoch(x) ELSE moment_of_zoned(x) END);

-- `shift` is what a time without zone lacks to be Beijing time; a bare date is a day of the calendar and isn't shifted.
CREATE OR REPLACE TEMP MACRO clean_moment(x, shift) AS
    CASE WHEN has_zone(x) OR is_epoch(x) THEN moment_absolute(x)
         WHEN contains(x, ':') OR contains(x, '时') OR contains(x, '点') OR length(x) > 11 THEN moment_without_zone(x) + shift
         ELSE moment_without_zone(x) END;

CREATE OR REPLACE TEMP MACRO clean_date(x, shift) AS
    coalesce(CASE WHEN length(x) <= 10 THEN CAST(moment_in_calendar(TRY_CAST(x AS DATE)) AS DATE) END,
             CAST(clean_moment(x, shift) AS DATE));
