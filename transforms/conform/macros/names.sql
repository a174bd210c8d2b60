-- Names of persons: one canonical spelling for comparison; what was typed is kept in the entry events.
-- Separator after 民委发〔2016〕33号: U+00B7 between the parts of a name, whatever look-alike was typed.
-- Input: folded text. Traditional and variant characters stay.
-- `list_transform([value], lambda y: …)[1]` names an intermediate value, so that it is computed once.

CREATE OR REPLACE TEMP MACRO name_without_remark(x) AS
    regexp_replace(x, '(?s)^([^(\[【〔{<《]+?)\s*[(\[【〔{<《].*$', '\1');

CREATE OR REPLACE TEMP MACRO name_with_middle_dots(x) AS
    trim(regexp_replace(x, '\s*(?:[·•・‧∙⋅᛫.]\s*)+', '·', 'g'), '· ');

-- Up to four characters are a Han name written with a gap (张 三); longer ones are parts that want a separator.
CREATE OR REPLACE TEMP MACRO name_without_gaps(x) AS
    regexp_replace(x, '\s+', CASE WHEN regexp_full_match(x, '(?:\s*\S\s*){1,4}|.*·.*') THEN '' ELSE '·' END, 'g');

CREATE OR REPLACE TEMP MACRO name_repaired(x) AS
    CASE WHEN regexp_matches(x, '\p{Han}')
         THEN name_without_gaps(name_with_middle_dots(x))
         ELSE trim(regexp_replace(x, '\s+', ' ', 'g')) END;

CREATE OR REPLACE TEMP MACRO clean_name(x) AS
    CASE WHEN regexp_full_match(x, '\p{Han}+') THEN x
         ELSE nullif(list_transform([name_without_remark(x)], lambda y: name_repaired(y))[1], '') END;

-- A name with a marker of testing; a plain 张三 is a real name and passes.
CREATE OR REPLACE TEMP MACRO is_test_name(x) AS
    regexp_matches(x, '测试|测验数据|演示数据|样例|(?i:(^|[^a-z])(test|demo)([^a-z]|$))')
    OR regexp_full_match(x, '(?:张三|李四|王五|某某)\s*(?i:[0-9a-z_-].*)');
