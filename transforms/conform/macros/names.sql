-- Names of persons: one canonical spelling for comparison; what was typed is kept in the entry events.
-- Separator after 民委发〔2016〕33号: U+00B7 between the parts of a name, whatever look-alike was typed.
-- Input: folded text (width, trim). Traditional and variant characters stay.

CREATE OR REPLACE TEMP MACRO name_without_remark(x) AS
    CASE WHEN regexp_matches(x, '^[^(\[【〔{<《]')
         THEN regexp_replace(x, '(?s)\s*[(\[【〔{<《].*$', '')
         ELSE x END;

CREATE OR REPLACE TEMP MACRO name_with_middle_dots(x) AS
    trim(regexp_replace(x, '\s*(?:[·•・‧∙⋅᛫.]\s*)+', '·', 'g'), '· ');

-- Up to four characters are a Han name written with a gap (张 三); longer ones are parts that want a separator.
CREATE OR REPLACE TEMP MACRO name_without_gaps(x) AS
    CASE WHEN contains(x, '·') OR length(regexp_replace(x, '\s+', '', 'g')) <= 4
         THEN regexp_replace(x, '\s+', '', 'g')
         ELSE regexp_replace(x, '\s+', '·', 'g') END;

CREATE OR REPLACE TEMP MACRO name_repaired(x) AS
    CASE WHEN regexp_matches(x, '\p{Han}')
         THEN name_without_gaps(name_with_middle_dots(x))
         ELSE trim(regexp_replace(x, '\s+', ' ', 'g')) END;

CREATE OR REPLACE TEMP MACRO clean_name(x) AS
    CASE WHEN regexp_full_match(x, '\p{Han}+') THEN x
         ELSE nullif(name_repaired(name_without_remark(x)), '') END;

-- A name with a marker of testing; a plain 张三 is a real name and passes.
CREATE OR REPLACE TEMP MACRO is_test_name(x) AS
    regexp_matches(x, '测试|测验数据|演示数据|样例|(?i:(^|[^a-z])(test|demo)([^a-z]|$))')
    OR regexp_full_match(x, '(?:张三|李四|王五|某某)\s*(?i:[0-9a-z_(\[【-].*)');
