"""How files of regions that others made call their columns, levels and kinds."""

from __future__ import annotations

import re
from datetime import date

from schemas.regions import DIGITS, FULL, LEVELS, RESIDENTS, VILLAGE

CODE, NAME, LEVEL, PARENT, KIND, FROM, TO, SUCCESSORS = (
    "code",
    "name",
    "level",
    "parent",
    "kind",
    "valid_from",
    "valid_to",
    "successors",
)
HEADINGS = {
    CODE: ("region_code", "code", "统计用区划代码", "行政区划代码", "区划代码", "区划编码", "代码", "编码"),
    NAME: ("name_zh", "name", "名称", "区划名称", "行政区划名称", "单位名称", "地名"),
    LEVEL: ("level", "级别", "层级", "区划级别", "行政级别"),
    PARENT: ("parent_code", "parent", "上级代码", "上级区划代码", "上级行政区划代码", "父级代码"),
    KIND: ("kind", "村居类型", "村居类别", "村居"),
    FROM: ("valid_from", "启用日期", "生效日期", "有效期起", "设立日期"),
    TO: ("valid_to", "停用日期", "失效日期", "有效期止", "撤销日期"),
    SUCCESSORS: ("successor_codes", "successor", "successors", "后继代码", "后继区划代码", "变更后代码"),
}
"""Column of ours -> what it may be called; compared without spaces, brackets and capitals."""
IMPLIED = ("provinceCode", "cityCode", "areaCode", "streetCode")
"""Columns of which nothing is lost: every one is the beginning of the code."""
URBAN_RURAL = ("城乡分类代码", "城乡分类", "城乡划分代码")
"""Whether a place is built up (111 to 220). It says nothing of village or residents' committee: villages lie in towns,
and a residents' committee may lie in open country."""
_LEVEL_WORDS = {
    "province": ("province", "省", "省级"),
    "city": ("city", "市", "地", "地级", "地市级", "市级", "prefecture"),
    "county": ("county", "县", "县级", "区县", "区县级", "area", "district"),
    "township": ("township", "乡", "乡级", "乡镇", "乡镇级", "街道", "镇", "street", "town"),
    "community": ("community", "村", "村级", "村居", "社区", "village"),
}
_KIND_WORDS = {
    VILLAGE: ("village", "村", "村委会", "村民委员会", "行政村"),
    RESIDENTS: ("residents", "居", "居委会", "居民委员会", "社区"),
}
_DATE = re.compile(
    r"(\d{4})(?:-|/|年)(\d{1,2})(?:-|/|月)(\d{1,2})日?(?: 00:00(?::00)?)?|(\d{4})(\d{2})(\d{2})", re.ASCII
)


def column_of(heading: str) -> str | None:
    """The column of ours that a heading means; None for one that means none."""
    plain = _plain(heading)
    return next((column for column, names in HEADINGS.items() if plain in map(_plain, names)), None)


def is_implied(heading: str) -> bool:
    """Whether a heading stands over parts of the code."""
    return _plain(heading) in map(_plain, IMPLIED)


def is_urban_rural(heading: str) -> bool:
    """Whether a heading stands over the classification into urban and rural."""
    return _plain(heading) in map(_plain, URBAN_RURAL)


def _plain(heading: str) -> str:
    return re.sub(r"[\s_]|[(（].*[)）]$", "", heading).lower()


def level_of(word: str) -> str | None:
    """The level that a word means; None for an unknown one."""
    return next((level for level in LEVELS if word.strip().lower() in _LEVEL_WORDS[level]), None)


def kind_of(word: str) -> str | None:
    """The kind of community that a word means; None for an unknown one."""
    return next((kind for kind, words in _KIND_WORDS.items() if word.strip().lower() in words), None)


def day_of(text: str) -> date | None:
    """A date as people write it (2026-08-01, 2026/8/1, 2026年8月1日, 20260801); None for anything else."""
    match = _DATE.fullmatch(text.strip())
    try:
        return date(*map(int, filter(None, match.groups()))) if match else None
    except ValueError:
        return None


def full_code(text: str) -> str | None:
    """A code of 2, 4, 6, 9 or 12 digits as 12; None for anything else."""
    digits = text.strip().removeprefix("'")
    return digits.ljust(FULL, "0") if digits.isascii() and digits.isdigit() and len(digits) in DIGITS else None
