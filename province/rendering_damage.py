"""What goes wrong between a worker's screen and a platform's export: a table of kinds, places and rates.

Rates are per row at middling sloppiness and scale with the platform's. Which rows are hit depends on the seed, the
platform, the stream and the column alone. Times of change are never hit: no server sorts by a time that it can't read.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from province.habits import Habit
from province.rendering_text import Column, full_width, replace_at

Rng = np.random.Generator
MIDDLING = 0.5


@dataclass(frozen=True, slots=True)
class Damage:
    """One way of going wrong. ``rate``: share of rows; ``only``: file types it happens to (empty: everywhere)."""

    stream: str
    column: str
    rate: float
    kind: Callable[[Column, Rng], Column]
    only: tuple[str, ...] = ()


def _one_of(*texts: str | None) -> Callable[[Column, Rng], Column]:
    def chosen(values: Column, rng: Rng) -> Column:
        return pc.take(pa.array(texts, pa.string()), pa.array(rng.integers(0, len(texts), len(values))))

    return chosen


def _appended(*texts: str) -> Callable[[Column, Rng], Column]:
    def longer(values: Column, rng: Rng) -> Column:
        return pc.binary_join_element_wise(values, _one_of(*texts)(values, rng), "")

    return longer


def _in_full_width(values: Column, _: Rng) -> Column:
    return full_width(values)


def _lower_x(values: Column, _: Rng) -> Column:
    return pc.replace_substring(values, "X", "x")


def _spaced(values: Column, rng: Rng) -> Column:
    first = pc.utf8_slice_codeunits(values, 0, 1)
    inner = pc.binary_join_element_wise(first, pc.utf8_slice_codeunits(values, 1), " ")
    trailing = _appended(" ", "\u3000", "\u00a0")(values, rng)
    return pc.if_else(pa.array(rng.random(len(values)) < 0.5), inner, trailing)


def _scientific(decimals: int) -> Callable[[Column, Rng], Column]:
    """An all-digit number that went through a numeric cell: fifteen digits at best, shown with ``decimals``."""

    def lost(values: Column, _: Rng) -> Column:
        written = [
            f"{int(v[:15] + '000'):.{decimals}E}" if v and len(v) == 18 and v.isdigit() else v
            for v in values.to_pylist()
        ]
        return pa.array(written, pa.string())

    return lost


BAD_TIME = _one_of("0000-00-00 00:00:00", "2026-02-30 10:00:00", "不详", "/")
BAD_DATE = _one_of("1900-00-00", "不详", "19990231", "0")
BAD_CODE = _one_of("待核实", "XX", "-1", "其它情况")
BAD_REGION = _one_of("999999000000", "43010300501", "本社区")
BLANK = _one_of("", " ", None)
TEST_NAME = _one_of("测试", "测试数据", "test", "张三（测试）")

DAMAGES: tuple[Damage, ...] = (
    Damage("form", "cert_no", 0.010, _in_full_width),
    Damage("form", "cert_no", 0.100, _lower_x),
    Damage("form", "cert_no", 0.012, _scientific(14), only=("xlsx",)),
    Damage("form", "cert_no", 0.006, _scientific(5), only=("csv",)),
    Damage("form", "person_name", 0.010, _spaced),
    Damage("form", "person_name", 0.003, _appended("（大）", "（户主）", "(已迁)")),
    Damage("form", "person_name", 0.0015, TEST_NAME),
    Damage("form", "person_name", 0.0005, BLANK),
    Damage("form", "birth_date", 0.003, BAD_DATE),
    Damage("form", "sex_code", 0.003, BAD_CODE),
    Damage("form", "marital_code", 0.003, BAD_CODE),
    Damage("form", "phone", 0.004, _appended("（子）", "/转", " ")),
    Damage("form", "entered_at", 0.0006, BAD_TIME),
    Damage("form", "mode_code", 0.0006, BAD_CODE),
    Damage("form", "community_code", 0.0006, BAD_REGION),
    Damage("form", "source_key", 0.0003, BLANK),
    Damage("case", "apply_at", 0.0015, BAD_TIME),
    Damage("case", "status_code", 0.0015, BAD_CODE),
    Damage("case", "promise_date", 0.004, BAD_DATE),
    Damage("case", "source_key", 0.0004, BLANK),
    Damage("rating", "level", 0.0008, BAD_CODE),
    Damage("rating", "rated_at", 0.0006, BAD_TIME),
    Damage("rating", "stage_code", 0.004, BAD_CODE),
    Damage("survey", "answered_at", 0.001, BAD_TIME),
    Damage("ticket", "category_code", 0.002, BAD_CODE),
    Damage("ticket", "replied_at", 0.003, BAD_TIME),
    Damage("usage", "action_code", 0.0008, BAD_CODE),
    Damage("usage", "occurred_at", 0.0006, BAD_TIME),
    Damage("usage", "duration_s", 0.0010, _one_of("-", "999999", "NaN秒")),
)


def damage_columns(
    columns: dict[str, Column], habit: Habit, stream: str, seed: int, spared: np.ndarray | None = None
) -> dict[str, Column]:
    """The columns (canonical name -> text as the platform writes it) with what goes wrong there.

    ``spared``: rows that nothing happens to (heartbeats, which tell whether the log is complete).
    """
    damaged = dict(columns)
    for number, one in enumerate(DAMAGES):
        applies = one.stream == stream and one.column in damaged and (not one.only or habit.file_type in one.only)
        if not applies or one.column in habit.masks:
            continue
        values = damaged[one.column]
        rng = np.random.default_rng([seed, number, zlib.crc32(f"{habit.platform_id}/{stream}".encode())])
        hit = rng.random(len(values)) < one.rate * habit.sloppiness / MIDDLING
        positions = np.flatnonzero(hit if spared is None else hit & ~spared)
        if len(positions):
            damaged[one.column] = replace_at(values, positions, one.kind(pc.take(values, pa.array(positions)), rng))
    return damaged
