-- Home addresses: a light canonical form in which 五一路12号 3幢 2单元501 and 五一路12号3#2单元501 are equal.
-- Input: folded text (full-width digits, signs and spaces are half-width by then).

CREATE OR REPLACE TEMP MACRO address_of_token(t) AS
    CASE WHEN NOT regexp_full_match(t, '[一二三四五六七八九十〇零]+(?:栋|幢|座|号楼|单元|层|楼|室|号|组|队)') THEN t
         ELSE regexp_replace(
            regexp_replace(
                regexp_replace(translate(t, '一二三四五六七八九〇零', '12345678900'), '([0-9])十([0-9])', '\1\2'),
                '([0-9])十', '\10'),
            '十([0-9]?)', CASE WHEN regexp_matches(t, '十[一二三四五六七八九]') THEN '1\1' ELSE '10' END) END;

CREATE OR REPLACE TEMP MACRO address_with_digits(x) AS
    CASE WHEN regexp_matches(x, '[一二三四五六七八九十〇零](?:栋|幢|座|号楼|单元|层|楼|室|号|组|队)')
         THEN array_to_string(list_transform(
            regexp_extract_all(x, '[一二三四五六七八九十〇零]+(?:栋|幢|座|号楼|单元|层|楼|室|号|组|队)?|[^一二三四五六七八九十〇零]+'),
            lambda t: address_of_token(t)), '')
         ELSE x END;

CREATE OR REPLACE TEMP MACRO address_with_blocks(x) AS
    CASE WHEN regexp_matches(x, '[0-9](?:幢|座|号楼|#)')
         THEN regexp_replace(x, '([0-9])(?:幢|座|号楼|#楼?)', '\1栋', 'g')
         ELSE x END;

CREATE OR REPLACE TEMP MACRO address_repaired(x) AS address_with_blocks(address_with_digits(x));

CREATE OR REPLACE TEMP MACRO clean_address(x) AS
    nullif(list_transform([regexp_replace(x, '[\s,.。、]+', '', 'g')], lambda y: address_repaired(y))[1], '');
