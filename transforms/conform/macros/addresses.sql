-- Home addresses: a light canonical form in which 五一路12号 3幢 2单元501 and 五一路12号叁栋二单元501 are equal.
-- Input: folded text (full-width digits, signs and spaces are half-width by then).
-- `list_transform([value], lambda y: …)[1]` names an intermediate value, so that it is computed once.

-- Nothing to do for an address without gaps, marks, other words for a block, or a Han numeral before a unit.
CREATE OR REPLACE TEMP MACRO is_plain_address(x) AS
    NOT regexp_matches(x, '[\s,.。、#幢座]|[0-9]号楼|[一二三四五六七八九十〇零壹贰叁肆伍陆柒捌玖拾](?:栋|号楼|单元|层|楼|室|号|组|队)');

-- One token: a Han numeral up to 99 (or digit by digit: 三〇一) with its unit becomes Arabic.
CREATE OR REPLACE TEMP MACRO address_numeral(t) AS
    regexp_replace(
        regexp_replace(
            regexp_replace(translate(t, '一二三四五六七八九〇零', '12345678900'), '([0-9])十([0-9])', '\1\2'),
            '([0-9])十', '\10'),
        '十([0-9]?)', CASE WHEN regexp_matches(t, '十[一二三四五六七八九]') THEN '1\1' ELSE '10' END);

-- What is no numeral (十十栋) stays as it was typed.
CREATE OR REPLACE TEMP MACRO address_of_token(t) AS
    CASE WHEN regexp_full_match(t, '(?:[一二三四五六七八九〇零]+|[一二三四五六七八九]?十[一二三四五六七八九]?)(?:栋|幢|座|号楼|单元|层|楼|室|号|组|队)')
         THEN address_numeral(t) ELSE t END;

CREATE OR REPLACE TEMP MACRO address_with_plain_numerals(x) AS
    CASE WHEN regexp_matches(x, '[壹贰叁肆伍陆柒捌玖拾](?:栋|幢|座|号楼|单元|层|楼|室|号|组|队)')
         THEN translate(x, '壹贰叁肆伍陆柒捌玖拾', '一二三四五六七八九十') ELSE x END;

CREATE OR REPLACE TEMP MACRO address_with_digits(x) AS
    array_to_string(list_transform(
        regexp_extract_all(address_with_plain_numerals(x),
            '[一二三四五六七八九十〇零]+(?:栋|幢|座|号楼|单元|层|楼|室|号|组|队)?|[^一二三四五六七八九十〇零]+'),
        lambda t: address_of_token(t)), '');

CREATE OR REPLACE TEMP MACRO address_with_blocks(x) AS regexp_replace(x, '([0-9])(?:幢|座|号楼|#楼?)', '\1栋', 'g');

CREATE OR REPLACE TEMP MACRO address_repaired(x) AS address_with_blocks(address_with_digits(x));

CREATE OR REPLACE TEMP MACRO clean_address(x) AS
    CASE WHEN is_plain_address(x) THEN x
         ELSE nullif(list_transform([regexp_replace(x, '[\s,.。、]+', '', 'g')], lambda y: address_repaired(y))[1], '') END;
