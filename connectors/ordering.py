"""Change times in comparable form.

Sources write times in many ways. Comparing their text is right only when it is zero-padded, of one width and begins
with the year; ``2026-9-30`` sorts after ``2026-10-01``. :func:`order_key` turns every such writing into digits of one
width, which compare as text in the order of time.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import SourceMalformed

_WIDTH = 23
_PLAIN = re.compile(
    r"(?P<time>[0-9]{4}[^0-9+]{0,2}[0-9]{2}[^0-9+]{0,2}[0-9]{2}(?:[^0-9+.]{0,2}[0-9]{2}){0,3}[年月日时分秒]?)"
    r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?\Z"
)
_CLOCK = r"(?P<clock>:\d{2}(?:\.\d+)?) ?(?P<zone>Z|[+-]\d{2}(?::?\d{2})?|)$"
_FRACTION = r"(?P<second>:\d{2})\.(?P<fraction>\d{1,9})\d*$"
_LONE_DIGIT = r"\b(\d)\b"
_YEAR_FIRST = r"^(?:19|20|21)\d{2}(?:\d{4}(?:\d{2}){0,3})$"
_EPOCH = r"^(?:1\d{9}|1\d{12})$"


def order_key(values: pa.ChunkedArray | pa.Array, pattern: str | None = None) -> pa.Array:
    """Digits ``YYYYMMDDhhmmss`` + nine of fraction (23 characters) per value; null where no time can be read.

    Year-first writings (any separators, Chinese units, single digits, fractions, one zone throughout) and Unix
    seconds or milliseconds are read as they are. ``pattern`` (strptime) is needed only for other orders, such as
    ``%d/%m/%Y``. Zones do not take part: one stream has one zone. Raises SourceMalformed when it has several.
    """
    flat = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if pattern is not None and not pattern.startswith("%Y"):
        return _parsed(flat, pattern)
    plain = _uniform(flat)
    return _year_first(pc.utf8_trim_whitespace(flat)) if plain is None else plain


def sorts_as_text(value: str, pattern: str | None) -> bool:
    """True when times written in the shape of ``value`` sort as text: the year stands first, or all is one number."""
    return (pattern is None or pattern.startswith("%Y")) and value[:4].isdigit()


def like_shape(value: str) -> str:
    """A SQL LIKE pattern of the writing of a time: digits become ``_``; other writings do not match it."""
    return "".join("_" if c.isdigit() or c in "%_" else c for c in value)


def _uniform(values: pa.Array) -> pa.Array | None:
    """The keys when every value is written in exactly the shape of the first: its digits are cut out of the buffer.

    This is what nearly every source does, and twenty times faster than reading value by value. None: not so.
    """
    if not len(values) or values.null_count or (shape := _PLAIN.match(values[0].as_py())) is None:
        return None
    first = np.frombuffer(values[0].as_py().encode(), np.uint8)
    count, width = len(values), len(first)
    _, offsets, data = values.buffers()
    bounds = np.frombuffer(offsets, np.int32)[values.offset : values.offset + count + 1]
    if (np.diff(bounds) != width).any():
        return None
    text = np.frombuffer(data, np.uint8)[bounds[0] : bounds[-1]].reshape(count, width)
    is_digit = (first >= ord("0")) & (first <= ord("9"))
    is_digit[len(shape["time"].encode()) :] = False  # the zone has to be the same throughout
    digits = text[:, is_digit]
    if (text[:, ~is_digit] != first[~is_digit]).any() or ((digits < ord("0")) | (digits > ord("9"))).any():
        return None
    century = digits[:, 0].astype(np.int16) * 10 + digits[:, 1] - 11 * ord("0")
    if (century < 19).any() or (century > 21).any():
        return None
    keys = np.full((count, _WIDTH), ord("0"), np.uint8)
    keys[:, : digits.shape[1]] = digits
    ends = pa.py_buffer(np.arange(count + 1, dtype=np.int32) * _WIDTH)
    return pa.StringArray.from_buffers(count, ends, pa.py_buffer(keys))


def _widen(digits: pa.Array, fraction: pa.Array | str) -> pa.Array:
    whole = pc.utf8_rpad(digits, 14, "0")
    return pc.utf8_rpad(pc.binary_join_element_wise(whole, fraction, ""), _WIDTH, "0")


def _parsed(values: pa.Array, pattern: str) -> pa.Array:
    moments = pc.strptime(values, format=pattern, unit="s", error_is_null=True)
    return _widen(pc.strftime(moments, format="%Y%m%d%H%M%S"), "")


def _year_first(values: pa.Array) -> pa.Array:
    text = _without_zone(values)
    fraction = pc.struct_field(pc.extract_regex(text, _FRACTION), "fraction")
    whole = pc.replace_substring_regex(text, _FRACTION, r"\1")
    digits = pc.replace_substring_regex(pc.replace_substring_regex(whole, _LONE_DIGIT, r"0\1"), r"\D", "")
    is_time = pc.match_substring_regex(digits, _YEAR_FIRST)
    key = _widen(digits, pc.coalesce(fraction, pa.scalar("")))
    null = pa.scalar(None, pa.string())
    is_epoch = pc.and_(pc.invert(is_time), pc.match_substring_regex(text, _EPOCH))
    if pc.any(is_epoch).as_py():
        key = pc.if_else(is_epoch, _epoch(pc.if_else(is_epoch, text, null)), key)
    return pc.if_else(pc.or_(is_time, is_epoch), key, null)


def _without_zone(values: pa.Array) -> pa.Array:
    clocks = pc.extract_regex(values, _CLOCK)
    zones = pc.drop_null(pc.unique(pc.struct_field(clocks, "zone")))
    if len(zones) > 1:
        raise SourceMalformed(
            "change times of one stream are written in several zones",
            expected="one zone, or none",
            found=f"{len(zones)} ways",
            next_step="ask the platform's owner which zone its change times are in",
        )
    return pc.replace_substring_regex(values, _CLOCK, r"\1")


def _epoch(text: pa.Array) -> pa.Array:
    milliseconds = pc.cast(pc.utf8_rpad(text, 13, "0"), pa.int64())
    moments = pc.cast(milliseconds, pa.timestamp("ms"))
    seconds = pc.strftime(pc.cast(pc.floor_temporal(moments, unit="second"), pa.timestamp("s")), format="%Y%m%d%H%M%S")
    return _widen(seconds, pc.utf8_slice_codeunits(pc.utf8_rpad(text, 13, "0"), 10, 13))
