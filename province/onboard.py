"""The province's platform files: a folder per line of business and a file per platform of the estate.

What a bureau's engineer writes by hand for each platform is written here for the province's. Nothing reads the estate
at run time: from here on, the files are what makes a platform exist.
"""

from __future__ import annotations

from typing import Any

import yaml

from province.estate import DAY_FIRST, LineOfBusiness, eligible_regions, habits, lines, timezone_of
from province.estate_access import VENDOR_NAMES, VENDORS, credential_of, endpoint_of, format_of, source_of, vendor_of
from province.estate_fields import Vocabulary, coded_columns, extra_fields, vocabularies
from province.habits import Habit
from province.onboard_words import peculiarity
from schemas.codes import code_lists
from schemas.platform_file import Paging

STREAM_ORDER = ("form", "case", "rating", "survey", "ticket", "usage")
UNUSUAL = DAY_FIRST
"""Patterns that a platform file states; the others begin with the year and are read without being told."""


def source_files() -> dict[str, str]:
    """Path below the project's ``sources`` -> text of every file."""
    files = {f"{line.line_id}/_line.yml": line_file(line, number) for number, line in enumerate(lines())}
    return files | {f"{h.line_id}/{h.platform_id}.yml": platform_file(h) for h in habits()}


def profile_files() -> dict[str, str]:
    """Path below the project's ``profiles`` -> text: how the systems of each vendor page."""
    return {
        f"{name}.yml": block(
            {"access": {"paging": {"size": paging.size} | _differences(paging, Paging())}},
            f"{name}: how the systems of this vendor page and what their envelope is.",
        )
        for name, paging in zip(VENDOR_NAMES, VENDORS, strict=True)
    }


def vocabulary_files() -> dict[str, str]:
    """Path below the project's ``codes`` -> text: how platforms write the codes of a list, each said once."""
    return {
        f"{name}.yml": block(
            ({"list": written.list_name} if written.list_name in code_lists() else {}) | {"values": written.values},
            f"How some platforms write {written.list_name}.",
        )
        for name, written in vocabularies().items()
    }


def _vocabulary(column: str, values: dict[str, str]) -> str:
    """The name of the vocabulary that writes a column so."""
    wanted = Vocabulary(coded_columns()[column], {own: code for code, own in values.items() if own != code})
    return next(name for name, written in vocabularies().items() if written == wanted)


def line_file(line: LineOfBusiness, number: int) -> str:
    """``_line.yml``: the schedules of the lines are staggered over the night, five minutes apart."""
    hour, minute = divmod(60 + 5 * number, 60)
    words = f"{line.zh}条线: starts at {hour:02d}:{minute:02d} in Beijing time, so that no two lines start together."
    return block(
        {
            "title": {"zh": line.zh, "en": line.en},
            "owner": {"org": line.org, "office": "数据管理科"},
            "schedule": f"{minute} {hour} * * *",
            "tags": [line.pinyin, "nightly"],
        },
        words,
    )


def platform_file(habit: Habit) -> str:
    """One platform's file."""
    owner = {"org": habit.owner_org} | ({"office": habit.owner_office} if habit.owner_office else {})
    file: dict[str, Any] = {
        "title": {"zh": habit.title_zh, "en": habit.title_en},
        "owner": owner,
        "go_live": habit.go_live,
    }
    if habit.retired:
        file["retired"] = habit.retired
    regions = list(eligible_regions(habit.platform_id))
    if regions or habit.eligible_kind != "all":
        file["eligible"] = {"kind": habit.eligible_kind} | ({"regions": regions} if regions else {})
    if habit.masks:
        file["masked"] = list(habit.masks)
    if timezone_of(habit.platform_id) != "Asia/Shanghai":
        file["timezone"] = timezone_of(habit.platform_id)
    if habit.family in ("http_page", "http_cursor"):
        file["profile"] = vendor_of(habit)
    streams = {s: _stream(habit, s) for s in STREAM_ORDER if s in habit.streams}
    return block(file | {"access": _access(habit), "streams": streams}, peculiarity(habit))


class _Dumper(yaml.SafeDumper):
    """Writes SQLAlchemy's column names (a kind of str) as the words that they are; never writes an alias."""

    def ignore_aliases(self, _data: Any) -> bool:
        """An anchor would puzzle who reads the file."""
        return True


def _represent_text(dumper: yaml.SafeDumper, word: str) -> yaml.ScalarNode:
    """Whatever begins like a number is quoted: YAML would read 010 as 8, and a reader wonders about 08."""
    style = '"' if word[:1].isascii() and word[:1].isdigit() else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(word), style=style)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_multi_representer(str, _represent_text)


def block(content: dict[str, Any], comment: str) -> str:
    """YAML in block style, one field a line, below a line of comment."""
    text = yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=False, width=1000)
    return f"# {comment}\n{text}"


def _access(habit: Habit) -> dict[str, Any]:
    access: dict[str, Any] = {"family": habit.family, "endpoint": endpoint_of(habit)}
    if credential_of(habit):
        access["credential"] = credential_of(habit)
    if habit.is_rate_limited:
        access["requests_per_second"] = 20
    if habit.file_type:
        access["format"] = {"type": habit.file_type} | format_of(habit).model_dump(exclude_defaults=True)
    return access


def _differences(model: Paging, plain: Paging) -> dict[str, Any]:
    return {k: v for k, v in model.model_dump().items() if v != getattr(plain, k)}


def _stream(habit: Habit, stream: str) -> dict[str, Any]:
    names = habit.field_names[stream]
    told: dict[str, Any] = {
        "source": source_of(habit, stream),
        "key": names["source_key"],
        "cursor": names["changed_at"],
        "expect": _expect(habit, stream),
        "fields": {own: column for column, own in names.items()},
    }
    codes = {c: _vocabulary(c, values) for c, values in habit.code_values.items() if c in names}
    formats = {c: pattern for c in names if (pattern := _pattern(habit, c))}
    constants = {"item_code": habit.items[0]} if stream == "case" and "item_code" not in names else {}
    extra = list(extra_fields(habit.platform_id, stream, names))
    parts = {"codes": codes, "formats": formats, "constants": constants, "ignore": extra}
    return told | {key: value for key, value in parts.items() if value}


def _pattern(habit: Habit, column: str) -> str | None:
    pattern = habit.time_pattern if column.endswith("_at") else habit.date_pattern if column.endswith("_date") else None
    return pattern if pattern in UNUSUAL else None


def _expect(habit: Habit, stream: str) -> dict[str, int]:
    is_used = habit.usage in ("high", "bot", "clock_in") and habit.eligible_kind == "all"
    ceiling = {"usage": 200_000, "form": 100_000, "case": 50_000, "rating": 50_000}.get(stream, 20_000)
    return {"floor": int(stream == "usage" and is_used), "ceiling": ceiling if is_used else ceiling // 2}
