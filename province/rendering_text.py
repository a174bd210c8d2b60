"""Typed values become a platform's own text: times by its pattern, codes by its vocabulary, masks by its caution."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Column: TypeAlias = Any  # pa.Array, which has no types to check
"""A flat Arrow array; the text functions return ``string`` arrays of the same length, nulls kept."""

_SLICES = {"Y": (0, 4), "m": (5, 7), "d": (8, 10), "H": (11, 13), "M": (14, 16), "S": (17, 19)}
_OFFSETS = {"Asia/Shanghai": "+08:00", "UTC": "+00:00"}


def write_times(values: Column, pattern: str, zone: str = "Asia/Shanghai") -> Column:
    """Moments (timestamps with a zone) as text by a strftime pattern, in ``zone``; ``%z`` is written as ``+08:00``."""
    moved = pc.cast(values, pa.timestamp("s", tz=zone), safe=False)
    return _by_pattern(pc.cast(pc.local_timestamp(moved), pa.string()), pattern, _OFFSETS[zone])


def write_dates(values: Column, pattern: str) -> Column:
    """Dates (date32) as text by a strftime pattern."""
    return _by_pattern(pc.cast(values, pa.string()), pattern, "")


def _by_pattern(iso: Column, pattern: str, offset: str) -> Column:
    pieces = [
        pc.utf8_slice_codeunits(iso, *_SLICES[piece[1]])
        if piece[0] == "%" and piece != "%z"
        else pa.scalar(offset if piece == "%z" else piece)
        for piece in re.findall(r"%[YmdHMSz]|[^%]+", pattern)
    ]
    return pc.binary_join_element_wise(*pieces, "")


def write_codes(values: Column, own: dict[str, str]) -> Column:
    """Canonical codes as the platform's own values; a code it has no value for is written as it is."""
    if not own:
        return values
    positions = pc.index_in(values, value_set=pa.array(list(own), pa.string()))
    return pc.coalesce(pc.take(pa.array(list(own.values()), pa.string()), positions), values)


def write_plain(values: Column) -> Column:
    """Numbers and truth values as text (``true``/``false``); whole floats without a fraction; text as it is."""
    if pa.types.is_floating(values.type):
        whole = pc.all(pc.equal(values, pc.round(values)), min_count=0).as_py()
        return pc.cast(pc.cast(values, pa.int64()) if whole else pc.round(values, 2), pa.string())
    return pc.cast(values, pa.string())


def mask_numbers(values: Column) -> Column:
    """First three and last four characters kept, stars between (certificates, telephones, accounts)."""
    middle = pc.utf8_replace_slice(values, 3, -4, "*")
    gaps = pc.max_element_wise(pc.subtract(pc.utf8_length(values), 7), 0)
    stars = pc.binary_repeat(pa.scalar("*"), gaps)
    masked = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(middle, 0, 3), stars, pc.utf8_slice_codeunits(values, -4), ""
    )
    return pc.if_else(pc.greater(pc.utf8_length(values), 7), masked, values)


def mask_names(values: Column) -> Column:
    """First character kept, one star for each other."""
    rest = pc.max_element_wise(pc.subtract(pc.utf8_length(values), 1), 0)
    return pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(values, 0, 1), pc.binary_repeat(pa.scalar("*"), rest), ""
    )


def full_width(values: Column) -> Column:
    """Digits and capital X in full width, as input methods leave them."""
    for narrow, wide in _wide_pairs():
        values = pc.replace_substring(values, narrow, wide)
    return values


@cache
def _wide_pairs() -> tuple[tuple[str, str], ...]:
    return tuple((c, chr(ord(c) + 0xFEE0)) for c in "0123456789X")


def replace_at(values: Column, positions: np.ndarray, replacement: Column) -> Column:
    """``values`` with the rows at ``positions`` (ascending) replaced by ``replacement`` (one per position)."""
    if not len(positions):
        return values
    mask = np.zeros(len(values), dtype=bool)
    mask[positions] = True
    return pc.replace_with_mask(values, pa.array(mask), replacement)
