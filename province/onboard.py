"""Writes ``connectors/sources``: a folder per line of business and a file per platform of the estate.

What a bureau's engineer writes by hand for each platform is written here for the province's 132. Nothing reads the
estate at run time: from here on, the files are what makes a platform exist. ``python -m province.onboard`` brings
them up to date.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from province.estate import DAY_FIRST, LineOfBusiness, eligible_regions, habits, lines, timezone_of
from province.estate_access import credential_of, endpoint_of, format_of, paging_of, source_of
from province.estate_fields import extra_fields
from province.habits import Habit
from province.onboard_words import one_word, peculiarity
from schemas.platform_file import Paging

SOURCES = Path(__file__).resolve().parent.parent / "connectors" / "sources"
WIDTH = 120
STREAM_ORDER = ("form", "case", "rating", "survey", "ticket", "usage")
UNUSUAL = DAY_FIRST
"""Patterns that a platform file states; the others begin with the year and are read without being told."""
MOST_LINES = 40
OWN_LINE = ("fields: ", "codes: ", "formats: ", "constants: ", "ignore: ")
"""Parts of a stream that begin a line of their own where the file stays short enough."""


def write_sources(root: Path = SOURCES) -> None:
    """Write every folder and file anew."""
    for name, text in source_files().items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for folder in root.iterdir():
        if folder.is_dir() and folder.name not in {line.line_id for line in lines()}:
            shutil.rmtree(folder)


def source_files() -> dict[str, str]:
    """Relative path -> text of every file under ``connectors/sources``."""
    files = {f"{line.line_id}/_line.yml": line_file(line, number) for number, line in enumerate(lines())}
    return files | {f"{h.line_id}/{h.platform_id}.yml": platform_file(h) for h in habits()}


def line_file(line: LineOfBusiness, number: int) -> str:
    """``_line.yml``: the schedules of the lines are staggered over the night, five minutes apart."""
    hour, minute = divmod(60 + 5 * number, 60)
    return "\n".join(
        [
            f"# {line.zh}条线: starts at {hour:02d}:{minute:02d} in Beijing time, so that no two lines start together.",
            f"title: {flow({'zh': line.zh, 'en': line.en})}",
            f"owner: {flow({'org': line.org, 'office': '数据管理科'})}",
            f'schedule: "{minute} {hour} * * *"',
            f"tags: {flow([line.pinyin, 'nightly'])}",
            "",
        ]
    )


def platform_file(habit: Habit) -> str:
    """One platform's file."""
    owner = {"org": habit.owner_org} | ({"office": habit.owner_office} if habit.owner_office else {})
    head = [
        f"# {peculiarity(habit)}",
        f"title: {flow({'zh': habit.title_zh, 'en': habit.title_en})}",
        f"owner: {flow(owner)}",
        f"go_live: {habit.go_live.isoformat()}",
    ]
    if habit.retired:
        head.append(f"retired: {habit.retired.isoformat()}")
    regions = list(eligible_regions(habit.platform_id))
    if regions or habit.eligible_kind != "all":
        head.append(f"eligible: {flow({'kind': habit.eligible_kind} | ({'regions': regions} if regions else {}))}")
    if habit.masks:
        head.append(f"masked: {flow(list(habit.masks))}")
    if timezone_of(habit.platform_id) != "Asia/Shanghai":
        head.append(f"timezone: {timezone_of(habit.platform_id)}")
    head += _entry("access", _access(habit), 0)
    told = {s: _stream(habit, s) for s in STREAM_ORDER if s in habit.streams}
    for breaks in (OWN_LINE, OWN_LINE[:2], OWN_LINE[:1], ()):
        streams = [line for stream, value in told.items() for line in _entry(stream, value, 2, breaks)]
        if len(head) + 1 + len(streams) <= MOST_LINES:
            break
    return "\n".join([*head, "streams:", *streams, ""])


def _access(habit: Habit) -> dict[str, Any]:
    access: dict[str, Any] = {"family": habit.family, "endpoint": endpoint_of(habit)}
    if credential_of(habit):
        access["credential"] = credential_of(habit)
    if habit.family in ("http_page", "http_cursor"):
        access["paging"] = _paging(habit)
        if habit.is_rate_limited:
            access["requests_per_second"] = 20
    if habit.file_type:
        access["format"] = {"type": habit.file_type} | format_of(habit).model_dump(exclude_defaults=True)
    return access


def _paging(habit: Habit) -> dict[str, Any]:
    told = _differences(paging_of(habit), Paging())
    needless = ("next", "cursor_parameter") if habit.family == "http_page" else ("page_parameter",)
    return {"size": paging_of(habit).size} | {k: v for k, v in told.items() if k not in needless}


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
    codes = {
        c: {own: code for code, own in values.items() if own != code}
        for c, values in habit.code_values.items()
        if c in names
    }
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


def _entry(key: str, value: dict[str, Any], indent: int, breaks: tuple[str, ...] = ()) -> list[str]:
    """``key: {…}`` in flow style, broken before ``breaks`` and wherever a line would pass :data:`WIDTH`."""
    opening = " " * indent + f"{key}: "
    whole = opening + flow(value)
    if len(whole) <= WIDTH:
        return [whole]
    written, current = [], opening
    for token in _tokens(value):
        if len(current) + len(token.rstrip()) > WIDTH or (breaks and token.startswith(breaks)):
            written.append(current.rstrip())
            current = " " * (indent + 2)
        current += token
    return [*written, current.rstrip()]


def _tokens(value: Any, closing: str = "") -> Iterable[str]:
    """The flow text of a value in pieces between which a line may be broken."""
    if isinstance(value, dict):
        last = len(value) - 1
        for number, (key, inner) in enumerate(value.items()):
            opening = ("{" if number == 0 else "") + f"{one_word(key)}: "
            ending = ("}" + closing) if number == last else ", "
            if isinstance(inner, dict) and inner and key != "expect":
                first, *rest = list(_tokens(inner, ending))
                yield opening + first
                yield from rest
            else:
                yield opening + flow(inner) + ending
    else:
        yield flow(value) + closing


def flow(value: Any) -> str:
    """A value in YAML's flow style; text is quoted only where YAML would read something else."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{one_word(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    if value is None:
        return "null"
    return str(value) if isinstance(value, int | float) else one_word(value)


if __name__ == "__main__":
    write_sources()
