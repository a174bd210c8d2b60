"""Reference data: the dimensions that come from files and code lists rather than from platforms' rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

import pyarrow as pa

from schemas import codes
from schemas.arrow import arrow_schema
from schemas.catalogue import tables
from schemas.eligibility import eligible_communities
from schemas.platform_file import Deployment, Line, Platform
from schemas.region_file import successor_text
from warehouse import reader
from warehouse.build import Build
from warehouse.queries import guarded
from warehouse.structure import replace_table

FIRST_DAY = date(2024, 1, 1)
"""Calendar from here to the end of the last year whose holidays the State Council has announced."""
Row = dict[str, Any]


def load_reference(
    build: Build,
    lines: Mapping[str, Line],
    platforms: Mapping[str, Platform],
    deployment: Deployment,
    kept: Collection[str] = (),
) -> dict[str, int]:
    """Replace every dimension but persons; returns rows by table.

    ``lines``, ``platforms``: the registry's, by id. ``deployment``: its scope says which communities are connected, the
    denominator of reach. ``kept``: platforms that are described as they were published last, because their file can't
    be read today; their rows are still in the vault and must not lose their platform.
    """
    scope = deployment.scope
    kept_platforms = _published(build, "dim_platform", "platform_id", kept)
    kept_lines = {row["line_id"] for row in kept_platforms} - set(lines)
    contents = {
        "dim_line": [_line(line) for line in lines.values()] + _published(build, "dim_line", "line_id", kept_lines),
        "dim_platform": [_platform(p, scope) for p in platforms.values()] + kept_platforms,
        "dim_platform_community": [row for p in platforms.values() for row in _communities(p, scope)]
        + _published(build, "dim_platform_community", "platform_id", kept),
        "dim_region": _regions(set(scope), deployment.window_end),
        "dim_region_successor": _successors(),
        "dim_item": _items(),
        "dim_attribute": _attributes(),
        "dim_calendar": _calendar(),
        "dim_code": _codes(),
    }
    with guarded("reference data"):
        return {
            name: replace_table(build.con, name, pa.Table.from_pylist(rows, schema=arrow_schema(tables()[name])))
            for name, rows in contents.items()
        }


def _published(build: Build, name: str, key: str, wanted: Collection[str]) -> list[Row]:
    """Rows of a dimension as they are published; none before the first generation."""
    if not wanted or not reader.is_published(build.home):
        return []
    with reader.connect(build.home) as con, guarded("published reference data"):
        rows: list[Row] = con.execute(f"SELECT * FROM warehouse.{name}").to_arrow_table().to_pylist()  # noqa: S608
    return [row for row in rows if row[key] in wanted]


def _line(line: Line) -> Row:
    title, owner = line.file.title, line.file.owner
    return {"line_id": line.line_id, "title_zh": title.zh, "title_en": title.en, "owner_org": owner.org}


def _platform(platform: Platform, scope: list[str]) -> Row:
    file = platform.file
    return {
        "platform_id": platform.platform_id,
        "line_id": platform.line_id,
        "title_zh": file.title.zh,
        "title_en": file.title.en,
        "owner_org": file.owner.org,
        "has_owner": bool(file.owner.office),
        "go_live_date": file.go_live,
        "retired_date": file.retired,
        "family": file.access.family,
        "has_rating": "rating" in file.streams,
        "eligible_communities": len(eligible_communities(file.eligible, scope)),
    }


def _communities(platform: Platform, scope: list[str]) -> list[Row]:
    chosen = eligible_communities(platform.file.eligible, scope)
    return [{"platform_id": platform.platform_id, "community_code": code} for code in chosen]


def _regions(scope: set[str], day: date) -> list[Row]:
    table = codes.region_table()
    connected = {code: table.at(code, day) or table.latest[code] for code in scope if code in table.latest}
    return [
        {
            "region_code": r.code,
            "version_no": table.version_no(r),
            "name_zh": r.zh,
            "level": r.level,
            "parent_code": r.parent or None,
            "kind_code": r.kind or None,
            "kind_source_code": r.kind_source or None,
            "valid_from_date": r.valid_from,
            "valid_to_date": r.valid_to,
            "successor_codes": successor_text(r) or None,
            "is_latest": table.latest[r.code] is r,
            "is_in_scope": connected.get(r.code) is r,
        }
        for r in table.rows
    ]


def _successors() -> list[Row]:
    table = codes.region_table()
    return [
        {
            "region_code": region.code,
            "version_no": table.version_no(region),
            "successor_code": heir.code,
            "successor_version_no": table.version_no(heir),
            "changed_date": region.last_day + timedelta(days=1),
            "share": share,
        }
        for region in table.rows
        for heir, share in table.successors(region)
    ]


def _items() -> list[Row]:
    windows = {c.code: c.window_working_days for c in codes.matter_classes().values()}
    return [
        {
            "item_code": i.code,
            "title_zh": i.zh,
            "matter_class_code": i.matter_class,
            "window_working_days": windows[i.matter_class],
        }
        for i in codes.items().values()
    ]


def _attributes() -> list[Row]:
    return [
        {
            "attribute_code": a.code,
            "title_zh": a.zh,
            "title_en": a.en,
            "shelf_life_days": a.shelf_life_days,
            "keystrokes": a.keys,
            "is_eligible": a.eligible,
        }
        for a in codes.attributes().values()
    ]


def _calendar() -> list[Row]:
    from chinese_calendar import is_workday
    from chinese_calendar.constants import holidays

    last = date(max(day.year for day in holidays), 12, 31)
    days = [FIRST_DAY + timedelta(n) for n in range((last - FIRST_DAY).days + 1)]
    working = [bool(is_workday(day)) for day in days]
    return [
        {"date": day, "is_workday": is_on, "month_start_date": day.replace(day=1), "workday_no": number}
        for day, is_on, number in zip(days, working, accumulate(map(int, working)), strict=True)
    ]


def _codes() -> list[Row]:
    return [
        {"list_name": name, "code": code, "title_zh": zh, "title_en": en}
        for name, entries in codes.code_lists().items()
        for code, (zh, en) in entries.items()
    ]
