"""Canonical event tables become each platform's own rows: its field names, codes, patterns, masks and mistakes.

Everything comes out as text, in the order of (change time, key), with three columns of the server's own beside it:
``_at`` (moment of the change), ``_until`` (moment of the key's next version, :data:`FOREVER` for the last), both in
microseconds since 1970, and ``_time`` (the change time as the platform writes it, by which it is asked for news).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Date, DateTime

from province.estate import timezone_of
from province.estate_fields import extra_fields
from province.habits import Habit
from province.rendering_damage import damage_columns
from province.rendering_text import Column, mask_names, mask_numbers, write_codes, write_dates, write_plain, write_times
from schemas.tables.intake import PROGRAM_STREAMS

FOREVER = np.iinfo(np.int64).max
OWN = ("_at", "_until", "_time")
"""Columns of the server, which no platform sends."""


def render(events: pa.Table, habit: Habit, stream: str, seed: int) -> pa.Table:
    """One stream of one platform as it sends it.

    ``events``: canonical rows of this platform and stream (columns of the intake table; at least those that the
    habit names, missing ones come out empty). Returns one row per row, sorted by (change time, key).
    """
    events = events.take(pc.sort_indices(events, sort_keys=[("changed_at", "ascending"), ("source_key", "ascending")]))
    names = habit.field_names[stream]
    columns = {column: _write(_flat(events, column), column, habit, stream) for column in names}
    spared = _heartbeats(events) if stream == "usage" else None
    columns = damage_columns(columns, habit, stream, seed, spared)
    extra = extra_fields(habit.platform_id, stream, names)
    rows = events.num_rows
    return pa.table(
        {names[c]: values for c, values in columns.items()}
        | {name: pa.repeat(pa.scalar(value, pa.string()), rows) for name, value in extra.items()}
        | {
            "_at": pc.cast(_flat(events, "changed_at"), pa.int64()),
            "_until": _next_version(events),
            "_time": columns["changed_at"],
        }
    )


def _flat(events: pa.Table, column: str) -> Column:
    if column not in events.column_names:
        return pa.nulls(events.num_rows, pa.string())
    values = events.column(column).combine_chunks()
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def _write(values: Column, column: str, habit: Habit, stream: str) -> Column:
    kind = PROGRAM_STREAMS[stream].columns[column].type
    if isinstance(kind, DateTime) and pa.types.is_timestamp(values.type):
        text = write_times(values, habit.time_pattern, timezone_of(habit.platform_id))
    elif isinstance(kind, Date) and pa.types.is_date(values.type):
        text = write_dates(values, habit.date_pattern)
    else:
        text = write_codes(write_plain(values), habit.code_values.get(column, {}))
    if column in habit.masks:
        return mask_names(text) if column == "person_name" else mask_numbers(text)
    return text


def _heartbeats(events: pa.Table) -> np.ndarray:
    beats = pc.fill_null(pc.equal(_flat(events, "action_code"), "heartbeat"), False)
    return np.asarray(beats.to_numpy(zero_copy_only=False), dtype=bool)


def _next_version(events: pa.Table) -> Column:
    """Moment of the next version of the same key; events are in order of change."""
    until = np.full(events.num_rows, FOREVER)
    keys = _flat(events, "source_key").dictionary_encode().indices.to_numpy(zero_copy_only=False)
    order = np.lexsort((np.arange(len(keys)), keys))
    has_next = np.flatnonzero(keys[order][1:] == keys[order][:-1])
    moments = pc.cast(_flat(events, "changed_at"), pa.int64()).to_numpy(zero_copy_only=False)
    until[order[has_next]] = moments[order[has_next + 1]]
    return pa.array(until)
