"""The estate: 27 lines of business, 132 platforms and what each is like. The same in every province, whatever its seed.

The catalogue (``catalogue/*.yml``, ``platforms.csv``) holds what a person decided: titles, items, attributes asked,
rhythm of use, way of access. What no one needs to decide (style of field names, vocabulary, time pattern, sloppiness)
is drawn from the platform's id, so that adding a platform changes no other.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import schemas.eligibility
from province.estate_fields import code_values, draw, field_names
from province.habits import Habit
from province.regions import regions
from schemas.codes import load_yaml
from schemas.platform_file import Eligible

CATALOGUE = Path(__file__).parent / "catalogue"

STREAMS = {"u": "usage", "f": "form", "c": "case", "r": "rating", "t": "ticket", "s": "survey"}
BUNDLES = {
    "person": ("sex_code", "birth_date", "ethnicity_code"),
    "contact": ("phone", "address"),
}
ACCESS: dict[str, tuple[str, str | None, str | None, str]] = {
    "page": ("http_page", None, None, "utf-8"),
    "cursor": ("http_cursor", None, None, "utf-8"),
    "pg": ("sql", "postgresql", None, "utf-8"),
    "sqlite": ("sql", "sqlite", None, "utf-8"),
    "csv": ("", None, "csv", "utf-8"),
    "gb": ("", None, "csv", "gb18030"),
    "xlsx": ("", None, "xlsx", "utf-8"),
    "xml": ("", None, "xml", "utf-8"),
}
TIME_PATTERNS = (
    ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d"),
    ("%Y-%m-%d %H:%M:%S", "%Y%m%d"),
    ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d"),
    ("%Y%m%d%H%M%S", "%Y%m%d"),
    ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d"),
    ("%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日"),
)
DAY_FIRST = ("%d/%m/%Y %H:%M:%S", "%d/%m/%Y")
FORM_WEIGHT = {
    "high": 1.0,
    "small_denominator_high": 0.8,
    "medium": 0.35,
    "narrow_reach": 0.3,
    "log_gap": 0.6,
    "power_user": 0.3,
    "seasonal": 0.25,
    "burst": 0.2,
    "low": 0.08,
    "bot": 0.08,
    "clock_in": 0.03,
    "retired": 0.03,
    "zombie": 0.01,
}


@dataclass(frozen=True, slots=True)
class LineOfBusiness:
    """One line: id, titles, department in charge, and the pinyin letters its own file and table names begin with."""

    line_id: str
    zh: str
    en: str
    org: str
    pinyin: str


@cache
def lines() -> tuple[LineOfBusiness, ...]:
    """The 27 lines, in the catalogue's order."""
    raw = load_yaml(CATALOGUE / "lines.yml")
    return tuple(LineOfBusiness(line_id=line_id, **entry) for line_id, entry in raw.items())


@cache
def peculiar() -> dict[str, Any]:
    """What is peculiar about single platforms: group -> platform ids (see ``catalogue/peculiar.yml``)."""
    return cast("dict[str, Any]", load_yaml(CATALOGUE / "peculiar.yml"))


@cache
def habits() -> tuple[Habit, ...]:
    """One habit per platform, 132 in all, in the catalogue's order. Needs no seed."""
    with (CATALOGUE / "platforms.csv").open(encoding="utf-8", newline="") as handle:
        return tuple(_habit(row) for row in csv.DictReader(handle))


def timezone_of(platform_id: str) -> Literal["Asia/Shanghai", "UTC"]:
    """The zone in which a platform writes times that carry none."""
    return "UTC" if platform_id in peculiar()["utc"] else "Asia/Shanghai"


def eligible_regions(platform_id: str) -> tuple[str, ...]:
    """Prefixes of region codes a platform is meant for; empty means anywhere (the platform file says the same)."""
    return tuple(peculiar()["eligible"].get(platform_id, {}).get("regions", ()))


def eligible_communities(habit: Habit, communities: Iterable[str]) -> tuple[str, ...]:
    """Those of the given 12-digit communities in which the platform is to be used, as its platform file declares."""
    eligible = Eligible(kind=habit.eligible_kind, regions=list(eligible_regions(habit.platform_id)))
    return tuple(schemas.eligibility.eligible_communities(eligible, communities, regions()))


def _habit(row: dict[str, str]) -> Habit:
    line = next(one for one in lines() if one.line_id == row["line"])
    name, usage, odd = row["platform_id"], row["usage"], peculiar()
    place, _, kind = row["access"].rpartition(":")
    family, database, file_type, encoding = ACCESS[kind]
    streams = tuple(STREAMS[letter] for letter in row["streams"])
    items = tuple(f"43010000{part}" for part in row["items"].split())
    asks = _asks(row) if "form" in streams else ()
    prefill = float(odd["prefilling"].get(name, 0.0))
    time_pattern, date_pattern = _patterns(name, file_type)
    eligible_kind = odd["eligible"].get(name, {}).get("kind", "all")
    return Habit(
        platform_id=name,
        line_id=line.line_id,
        title_zh=row["title_zh"],
        title_en=row["title_en"],
        owner_org=line.org,
        owner_office=_office(line, name, usage),
        go_live=date(2014, 3, 1) + timedelta(days=draw(name, "go_live", 3800)),
        retired={"sports_venues": date(2026, 8, 14), "complaint_ledger": date(2026, 8, 31)}.get(name),
        family=cast("Any", {"sftp": "sftp_files", "folder": "folder_files"}.get(place, family)),
        database=cast("Any", database),
        file_type=cast("Any", file_type),
        encoding=encoding,
        streams=streams,
        asks=asks,
        field_names=field_names(name, streams, asks, items, file_type, has_prefill=prefill > 0),
        code_values=code_values(name, streams, asks, reversed_levels=name in odd["reversed_levels"]),
        time_pattern=time_pattern,
        date_pattern=date_pattern,
        items=items,
        eligible_kind=eligible_kind,
        eligible_share=_share(name, eligible_kind),
        usage=cast("Any", usage),
        rating=cast("Any", row["rating"]),
        sloppiness=round(0.1 + draw(name, "sloppiness", 81) / 100, 2),
        masks=tuple(odd["masked"].get(name, ())),
        form_weight=FORM_WEIGHT[usage] * (0.6 + draw(name, "weight", 81) / 100) if asks else 0.0,
        prefill_share=prefill,
        import_share=0.6 if name in odd["importing"] else draw(name, "import", 5) / 100,
        is_slow=name in odd["slow"],
        is_rate_limited=name in odd["rate_limited"],
    )


def _patterns(name: str, file_type: str | None) -> tuple[str, str]:
    if timezone_of(name) == "UTC":  # a pattern with an offset would leave nothing to get wrong
        return TIME_PATTERNS[0]
    if name in peculiar()["day_first"]:
        return DAY_FIRST
    if file_type == "xlsx":  # what a spreadsheet shows: no seconds
        return "%Y/%m/%d %H:%M", "%Y/%m/%d"
    return TIME_PATTERNS[draw(name, "time", len(TIME_PATTERNS))]


def _asks(row: dict[str, str]) -> tuple[str, ...]:
    identity = ("person_name",) if row["platform_id"] in peculiar()["without_cert_no"] else ("person_name", "cert_no")
    extras = (code for token in row["asks"].split() for code in BUNDLES.get(token, (token,)))
    return tuple(dict.fromkeys((*identity, *extras)))


def _office(line: LineOfBusiness, name: str, usage: str) -> str | None:
    if name in peculiar()["without_office"] or (usage == "zombie" and draw(name, "owner", 3)):
        return None
    offices = ("信息中心", "数据处", "办公室", "社会事务处", "规划统计处", "综合处")
    return offices[draw(name, f"office/{line.line_id}", len(offices))]


@cache
def _share(platform_id: str, kind: str) -> float:
    """Share of the province's communities of that kind that lie in the platform's regions."""
    prefixes = eligible_regions(platform_id)
    if not prefixes:
        return 1.0
    codes = [r.code for r in regions().values() if r.level == "community"]
    of_kind = schemas.eligibility.eligible_communities(Eligible(kind=cast("Any", kind)), codes, regions())
    return round(sum(c.startswith(prefixes) for c in of_kind) / len(of_kind), 3)
