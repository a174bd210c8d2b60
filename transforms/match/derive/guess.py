"""With no configuration: which column identifies the record, and of what kind the others are; and why.

Names decide where they say something (Chinese or English) and the values bear them out; values alone decide where they
are unmistakable (a valid identity number, a mobile number, a date, an address). Columns that hold the answer (truth,
entity, cluster) are never read, and what is not recognised is not read either.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import ConfigurationError
from transforms.match.compare.date_text import ORDERS, date_digits
from transforms.match.derive.settings import MOST_FIELDS, Settings
from transforms.match.derive.tables import as_text

SAMPLE = 5_000
ANSWERS = (
    r"truth|^true_|_true$|entity|cluster|ground|label|simulant|gold|is_match|duplicate|master|真值|归并|聚类|主索引"
)
"""Names of columns that may hold the answer; never read."""
IDS = r"^(rec|record|row)?_?(id|no|key|nr|number|uuid)$|^unique_id$|记录(号|编号|标识)|^(编号|序号|主键|流水号)$"
SOURCES = r"^(source|platform|system|origin|data_?set)(_(name|code|id))?$|^(来源|平台|系统)(名称|编码|代码)?$"

HAN_NAME = r"^\p{Han}[\p{Han}·*某]{1,14}$"
HAN = r"\p{Han}"
CARD = r"^\d{6}(18|19|20)?\d{2}(0\d|1[0-2])[0-3]\d{4}[0-9Xx]?$|^\d{3,6}\*{4,}[0-9Xx]{0,4}$"
MOBILE = r"^(\+?0?0?86)?1[0-9]\d[0-9*]{8}$"
WORDY = r"\pL{2,}.* "


@dataclass(frozen=True, slots=True)
class Rule:
    """``name``: what a column's name looks like; ``fits``: share of its values that look right, ``least`` or more."""

    kind: str
    name: str
    fits: Callable[[pa.Array], float]
    least: float
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Guess:
    """The configuration, and a sentence in both languages for each column: what it was taken for and why."""

    settings: Settings
    reasons: tuple[str, ...]


def _matches(pattern: str) -> Callable[[pa.Array], float]:
    return lambda values: float(np.mean(pc.match_substring_regex(values, pattern).to_numpy(zero_copy_only=False)))


def _lacks(pattern: str) -> Callable[[pa.Array], float]:
    return lambda values: 1 - _matches(pattern)(values)


def _dates(values: pa.Array) -> float:
    return max(float(1 - date_digits(values, order).null_count / len(values)) for order in ORDERS)


def _repeats(values: pa.Array) -> float:
    """How far values repeat: 1 for a code of a few values, 0 where each is its own."""
    return 1 - len(pc.unique(values)) / len(values)


def _always(values: pa.Array) -> float:
    return float(len(values) > 0)


RULES: tuple[Rule, ...] = (
    Rule(
        "identity_number",
        r"身份证|证件|id_?card|id_?no|cert_?no|sfz|identity|公民身份",
        _matches(CARD),
        0.4,
        "身份证件号",
        "identity number",
    ),
    Rule("date", r"出生|生日|日期|birth|^dob|_dob|born|date", _dates, 0.5, "日期", "date"),
    Rule(
        "phone",
        r"电话|手机|联系方式|phone|mobile|^tel|_tel|cell",
        _matches(r"\d{4}"),
        0.5,
        "电话号码",
        "telephone number",
    ),
    Rule(
        "address_zh", r"地址|住址|住所|居住|address|addr|street|road", _matches(HAN), 0.5, "中文地址", "Chinese address"
    ),
    Rule("category", r"address_?type|street_?type", _always, 0.5, "类别", "category"),
    Rule(
        "number",
        r"(house|street|building|unit|apt|flat)_?(no|num|number|nr)$|门牌",
        _matches(r"^\d+(\.0)?$"),
        0.9,
        "门牌号",
        "house number",
    ),
    Rule(
        "address",
        r"address|addr|street|road|(house|street|building|unit|apt|flat)_?(no|num|number|nr)",
        _lacks(HAN),
        0.5,
        "地址",
        "address",
    ),
    Rule(
        "identifier",
        r"统一社会信用代码|信用代码|uscc|ssn|soc_?sec|social_?sec|passport|护照|licen[cs]e|isbn|ean|gtin|upc|sku|vat|tax_?id|账号|account|e?mail|医保|社保|学号|工号",
        _always,
        0.5,
        "标识号",
        "identifier",
    ),
    Rule(
        "category",
        r"性别|民族|婚姻|关系|类型|类别|状态|省|市|县|区划|乡镇|街道|社区|sex|gender|race|ethnic|relation|marital|state|country|county|province|city|town|suburb|district|zip|post_?(al_?)?code|communit|type|category|status|code$",
        _repeats,
        0.3,
        "类别",
        "category",
    ),
    Rule(
        "person_name_zh",
        r"姓名|名字|name|^xm$|申请人|负责人|法定代表人|联系人",
        _matches(HAN_NAME),
        0.6,
        "中文姓名",
        "Chinese personal name",
    ),
    Rule(
        "text",
        r"company|business|organi[sz]ation|employer|firm|vendor|brand|manufact|product|title|descr|单位|企业|公司|机构|名称|事项|标题|内容",
        _always,
        0.5,
        "文本",
        "text",
    ),
    Rule(
        "person_name",
        r"(given|first|middle|last|family|sur|fore|full|maiden)_?(name|initial)|surname|forename|^name$|_name$|^fname$|^lname$|initial",
        _matches(r"^\pL[\pL '.,’-]*$"),
        0.6,
        "姓名",
        "personal name",
    ),
    Rule("text", r"name", _always, 0.5, "文本", "text"),
    Rule(
        "number",
        r"年龄|金额|价格|数量|年份|^age$|_age$|price|amount|salary|weight|year|quantity|cost",
        _matches(r"^[-+$€£¥]?[\d,. ]+$"),
        0.7,
        "数值",
        "number",
    ),
)
"""In order: the first whose name and values both fit decides."""

BY_VALUE: tuple[Rule, ...] = (
    Rule(
        "identity_number",
        "",
        _matches(r"^\d{6}(18|19|20)\d{2}(0\d|1[0-2])[0-3]\d{4}[0-9Xx]$"),
        0.7,
        "身份证件号",
        "identity number",
    ),
    Rule("phone", "", _matches(MOBILE), 0.8, "电话号码", "telephone number"),
    Rule("date", "", lambda values: _dates(values) * _matches(r"^\d{8}$|[-/.年]")(values), 0.9, "日期", "date"),
    Rule("address_zh", "", _matches(r"\p{Han}.*(路|街|村|号|栋|室|小区)"), 0.7, "中文地址", "Chinese address"),
    Rule(
        "person_name_zh",
        "",
        lambda values: _matches(r"^\p{Han}{2,4}$")(values) * (len(pc.unique(values)) > len(values) / 5),
        0.9,
        "中文姓名",
        "Chinese personal name",
    ),
)
"""Where the name says nothing: only what can hardly be anything else."""


def guess(table: pa.Table) -> Guess:
    """Guess ``match.yml`` for a table. Raises ConfigurationError if nothing identifies records or nothing is known."""
    reasons: list[str] = []
    left = [name for name in table.column_names if not _is_answer(name, reasons)]
    record_id = _record_id(table, left, reasons)
    left.remove(record_id)
    source = _source(table, left, reasons)
    fields: dict[str, str] = {}
    for name in left:
        kind = None if name == source else _kind(table.column(name), name, reasons)
        if kind is not None and len(fields) < MOST_FIELDS:
            fields[name] = kind
    if not fields:
        raise ConfigurationError(
            "no column was recognised",
            where="match input",
            expected="names, identity numbers, dates, telephones, addresses, …",
            next_step="name the columns and their kinds in match.yml (--config)",
        )
    return Guess(Settings.model_validate({"id": record_id, "source": source, "fields": fields}), tuple(reasons))


def _is_answer(name: str, reasons: list[str]) -> bool:
    found = re.search(ANSWERS, name, re.IGNORECASE) is not None
    if found:
        reasons.append(f"{name}：可能是答案，不读取 | may hold the answer, never read")
    return found


def _record_id(table: pa.Table, names: list[str], reasons: list[str]) -> str:
    """The first column with a name of an id whose values are unique; else the first unique one that is no measure."""
    named = [n for n in names if re.search(IDS, n, re.IGNORECASE)]
    ending = [n for n in names if re.search(r"(_id|Id|ID|编号|号)$", n) and n not in named]
    for name in [*named, *ending, *(n for n in names if n not in named and n not in ending)]:
        values = table.column(name)
        if pa.types.is_nested(values.type) or values.null_count or not table.num_rows:
            continue
        if pc.count_distinct(values).as_py() == table.num_rows:
            why = "名称像编号且各行不同 | named like an id, different in every row"
            other = "各行不同 | different in every row"
            reasons.append(f"{name}：记录编号 record id，{why if name in (*named, *ending) else other}")
            return name
    if not table.num_rows:
        raise ConfigurationError("the input has no records", where="match input", expected="at least one row")
    raise ConfigurationError(
        "no column is different in every row",
        where="match input",
        expected="a record id",
        next_step="add one, or name it as id in match.yml (--config)",
    )


def _source(table: pa.Table, names: list[str], reasons: list[str]) -> str | None:
    for name in names:
        if re.search(SOURCES, name, re.IGNORECASE) and 1 < pc.count_distinct(table.column(name)).as_py() <= 1000:
            reasons.append(f"{name}：来源 source，名称与取值 | by name and values")
            return name
    return None


def _kind(column: pa.ChunkedArray, name: str, reasons: list[str]) -> str | None:
    """The kind of one column, None when it is not recognised."""
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        reasons.append(f"{name}：未识别，不读取 | not recognised, not read")
        return None
    values = as_text(column, name).drop_null().slice(0, SAMPLE)
    if not len(values):
        reasons.append(f"{name}：全空，不读取 | empty, not read")
        return None
    plain = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).replace(" ", "_").replace("-", "_")
    for rules, why in ((RULES, "名称与取值 | by name and values"), (BY_VALUE, "取值 | by values")):
        for rule in rules:
            share = rule.fits(values) if re.search(rule.name, plain, re.IGNORECASE) else 0.0
            if share >= rule.least:
                reasons.append(f"{name}：{rule.zh} {rule.en} ({rule.kind})，{why} ({share:.0%})")
                return rule.kind
    reasons.append(f"{name}：未识别，不读取 | not recognised, not read")
    return None
