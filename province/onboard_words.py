"""Words for platform files: what is peculiar about a platform, in one sentence."""

from __future__ import annotations

from province.estate import eligible_regions, timezone_of
from province.estate_access import paging_of
from province.habits import Habit

WIDTH = 116


def peculiarity(habit: Habit) -> str:
    """What an engineer should know about this platform before touching its file."""
    notes = [
        note
        for note in (
            _of_rows(habit),
            _of_access(habit),
            _of_times(habit),
            _of_codes(habit),
            _of_people(habit),
            _of_regions(habit),
        )
        if note
    ]
    told = "; ".join(notes[:2]) if len("; ".join(notes[:2])) <= WIDTH else notes[0]
    return told[0].upper() + told[1:] + "."


def _of_access(habit: Habit) -> str:
    if habit.is_slow:
        return "an old machine that thinks for a while before each page"
    if habit.is_rate_limited:
        return "answers 429 when asked too often and says for how long to wait"
    if habit.database == "sqlite":
        return "a single-machine system whose database file is copied over every night"
    if habit.database == "postgresql":
        return "a read-only account sees one schema and nothing else"
    if habit.file_type:
        where = "an SFTP account" if habit.family == "sftp_files" else "a shared folder"
        kind = {"csv": "CSV in GB18030" if habit.encoding == "gb18030" else "CSV", "xlsx": "workbooks", "xml": "XML"}
        return f"exports {kind[habit.file_type]} to {where}, history by the month, then a file a day"
    if paging_of(habit).code:
        return "failures come as HTTP 200 with a code in the envelope"
    return "pages by cursor" if habit.family == "http_cursor" else "pages by number"


def _of_times(habit: Habit) -> str:
    if timezone_of(habit.platform_id) == "UTC":
        return "times are UTC without saying so"
    if habit.time_pattern.startswith("%d"):
        return "times begin with the day"
    if "%S" not in habit.time_pattern:
        return "times without seconds"
    return "times carry their offset" if "%z" in habit.time_pattern else ""


def _of_codes(habit: Habit) -> str:
    if habit.code_values.get("level", {}).get("5") == "1":
        return "levels the other way round: 1 is the best"
    if "case" in habit.streams and "item_code" not in habit.field_names["case"]:
        return "serves a single item and does not send its code"
    return ""


def _of_people(habit: Habit) -> str:
    if habit.masks:
        return f"sends {' and '.join(habit.masks)} with stars in place of characters"
    if "form" in habit.streams and "cert_no" not in habit.asks:
        return "asks no certificate number"
    if habit.import_share > 0.5:
        return "most rows are imported in batches"
    return f"fills in about {habit.prefill_share:.0%} of the fields itself" if habit.prefill_share else ""


def _of_rows(habit: Habit) -> str:
    if habit.retired:
        return "switched off within the window; what it held can still be read"
    if habit.usage == "bot":
        return "most of its log is written by machines"
    if habit.owner_office is None:
        return "nobody is named who answers for it"
    return "everybody signs in daily, hardly anybody works in it" if habit.usage == "clock_in" else ""


def _of_regions(habit: Habit) -> str:
    if eligible_regions(habit.platform_id):
        return "for the communities of a few cities only"
    return {"village": "for villages only", "residents": "for residents' committees only"}.get(habit.eligible_kind, "")
