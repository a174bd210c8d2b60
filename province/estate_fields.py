"""How platforms name their fields and write their codes: one style of names, one vocabulary per list and platform."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

from schemas.codes import code_lists, load_yaml
from schemas.columns import meta_of
from schemas.rules import InCodes
from schemas.tables.intake import ATTRIBUTES, PROGRAM_STREAMS

CATALOGUE = Path(__file__).parent / "catalogue"

NOT_SENT = {"record_id", "platform_id", "batch_id", "landed_row"}
FILE_STYLES = ("zh", "zh2", "zh", "PINYIN")
TABLE_STYLES = ("PINYIN", "snake", "pinyin", "camel", "snake2", "camel2")
EXTRA_FIELDS = {
    "zh": (("备注", ""), ("版本号", "V3"), ("创建部门", "综合窗口"), ("是否有效", "是"), ("租户", "0731")),
    "PINYIN": (("BZ", ""), ("BBH", "3"), ("CJBM", "综合窗口"), ("YXBZ", "1"), ("ZHID", "0731")),
    "english": (("remark", ""), ("version", "3"), ("tenant", "0731"), ("deleted", "0"), ("dept", "综合窗口")),
}
UNLISTED = {"is_default": "is_default", "level": "level"}
"""Columns that are no code list in the schema, but that platforms write in vocabularies of their own."""
UNKEPT = {"case_link": ("joint",)}
"""Codes of a list that no platform of this province writes."""


def draw(platform_id: str, purpose: str, size: int) -> int:
    """A whole number below ``size`` that depends on the platform's id and the purpose alone."""
    return zlib.crc32(f"{purpose}/{platform_id}".encode()) % size


def field_names(
    platform_id: str,
    streams: tuple[str, ...],
    asks: tuple[str, ...],
    items: tuple[str, ...],
    file_type: str | None,
    *,
    has_prefill: bool,
) -> dict[str, dict[str, str]]:
    """Stream -> canonical column -> the platform's own field name, in one style throughout.

    A platform of a single item may leave ``item_code`` out: its platform file states the constant.
    """
    styles = FILE_STYLES if file_type else TABLE_STYLES
    if file_type == "xml":
        styles = TABLE_STYLES  # element names can't hold the brackets of Chinese headings
    style = "zh" if file_type == "xlsx" else styles[draw(platform_id, "style", len(styles))]
    leave_out = _left_out(platform_id, streams, asks, items, has_prefill=has_prefill)
    return {
        stream: {
            c.name: _styled(f"{stream}.{c.name}", c.name, style)
            for c in PROGRAM_STREAMS[stream].columns
            if c.name not in NOT_SENT | leave_out
        }
        for stream in streams
    }


def extra_fields(platform_id: str, stream: str, names: dict[str, str]) -> dict[str, str]:
    """Fields a platform sends that nobody needs: name -> the value they always hold. One to three, in its own style.

    ``names``: its field names in the stream, from which its style is seen.
    """
    sample = names["changed_at"]
    kind = "zh" if not sample.isascii() else "PINYIN" if sample.isupper() else "english"
    offered = EXTRA_FIELDS[kind]
    first, count = draw(platform_id, f"extra/{stream}", len(offered)), 1 + draw(platform_id, f"extras/{stream}", 3)
    chosen = [offered[(first + step) % len(offered)] for step in range(count)]
    return {name: value for name, value in chosen if name not in names.values()}


def code_values(
    platform_id: str, streams: tuple[str, ...], asks: tuple[str, ...], *, reversed_levels: bool
) -> dict[str, dict[str, str]]:
    """Canonical column -> canonical code -> what the platform writes; columns written in canonical codes are absent."""
    sent = {c.name for s in streams for c in PROGRAM_STREAMS[s].columns} - (set(ATTRIBUTES) - set(asks))
    values = {}
    for column, name in sorted(coded_columns().items()):
        vocabulary = _vocabulary(platform_id, name, reversed_levels=reversed_levels)
        if column in sent and vocabulary:
            values[column] = vocabulary
    return values


@cache
def coded_columns() -> dict[str, str]:
    """Canonical column -> code list of every coded column of the intake tables (items keep their national code)."""
    found = dict(UNLISTED)
    for table in PROGRAM_STREAMS.values():
        for c in table.columns:
            for rule in meta_of(c).rules:
                if isinstance(rule, InCodes) and rule.codes != "item":
                    found[c.name] = rule.codes
    return found


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How some platforms write a list: what they write -> canonical code."""

    list_name: str
    values: dict[str, str]


@cache
def vocabularies() -> dict[str, Vocabulary]:
    """Every way in which a coded column may be written otherwise than in canonical codes, by name: ``<list>_<way>``."""
    found = {}
    for name in sorted(set(coded_columns().values())):
        for way, values in [*_values().get(name, {}).items(), ("title", _titles(name))]:
            written = {own: code for code, own in values.items() if own != code}
            if written:
                found[f"{name}_{way}"] = Vocabulary(name, written)
    return found


def _titles(name: str) -> dict[str, str]:
    """The Chinese titles of a list's codes, as platforms write them that keep no codes."""
    return {code: zh for code, (zh, _) in code_lists().get(name, {}).items() if code not in UNKEPT.get(name, ())}


def _left_out(
    platform_id: str, streams: tuple[str, ...], asks: tuple[str, ...], items: tuple[str, ...], *, has_prefill: bool
) -> set[str]:
    out = set(ATTRIBUTES) - set(asks)
    if "cert_no" not in asks or draw(platform_id, "cert_type", 3):
        out.add("cert_type_code")
    if draw(platform_id, "residence", 10) < 3:
        out.add("residence_code")
    if "case" not in streams:
        out |= {"case_no"} - ({"case_no"} if "rating" in streams else set())
    if "form" not in streams:
        out.add("form_key")
    if not has_prefill:
        out.add("prefilled")
    if len(items) == 1 and draw(platform_id, "item", 5) == 0:
        out.add("item_code")
    return out


def _styled(qualified: str, column: str, style: str) -> str:
    names = _names().get(qualified) or _names()[column]
    pinyin, zh, zh2, snake, snake2 = names
    english = snake2 if style.endswith("2") else snake
    head, *tail = english.split("_")
    return {
        "PINYIN": pinyin,
        "pinyin": pinyin.lower(),
        "zh": zh,
        "zh2": zh2,
        "snake": snake,
        "snake2": snake2,
        "camel": head + "".join(word.title() for word in tail),
        "camel2": head + "".join(w.title() for w in tail),
    }[style]


def _vocabulary(platform_id: str, name: str, *, reversed_levels: bool) -> dict[str, str]:
    own: dict[str, dict[str, str]] = _values().get(name, {})
    if name == "level":
        words = ("reversed",) if reversed_levels else ("code", "name", "code")
        return own.get(words[draw(platform_id, name, len(words))], {})
    choices = list(own.values())
    if name in code_lists():
        choices += [_titles(name), {}]
    return choices[draw(platform_id, name, len(choices))]


@cache
def _names() -> dict[str, list[str]]:
    return cast("dict[str, list[str]]", load_yaml(CATALOGUE / "names.yml"))


@cache
def _values() -> dict[str, dict[str, dict[str, str]]]:
    return cast("dict[str, dict[str, dict[str, str]]]", load_yaml(CATALOGUE / "values.yml"))
