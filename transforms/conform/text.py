"""Text as people and machines leave it, folded to one form: width, invisible characters, blanks at the ends.

Everything here is Arrow, one kernel over a whole column; the kernels that cost are run only on columns whose bytes
show that they are needed. ``fold`` is idempotent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

PLACEHOLDERS = ("", "-", "--", "/", "NULL", "null", "Null", "None", "none", "N/A", "n/a", "#N/A", r"\N", "NaN", "nan")
"""What exports write where there is nothing. 无 isn't among them: it may be an answer."""

_PLACEHOLDERS = pa.array(PLACEHOLDERS, pa.string())
_LONGEST = max(map(len, PLACEHOLDERS))
_INVISIBLE = r"[\x{00AD}\x{180E}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{FEFF}]"
_CONTROL = r"[\x00-\x08\x0E-\x1F\x7F]"
_SPACE, _DELETE, _FIRST_LEAD, _FIRST_HAN, _AFTER_HAN = 0x20, 0x7F, 0xC2, 0xE4, 0xEA

Bytes = np.ndarray[tuple[int], np.dtype[np.uint8]]


@dataclass(frozen=True, slots=True)
class Traits:
    """What the bytes of a column may hold: white space, control characters, and characters that compatibility
    normalisation may change or that can't be seen (``wide``)."""

    spaced: bool
    controlled: bool
    wide: bool


def traits(column: pa.Array) -> Traits:
    """Look at the bytes of a string column. A needless yes costs time; a wrong no can't happen: every character that
    NFKC changes starts with a byte outside E4 to E9, where the plain Han characters are."""
    data = _bytes_of(column)
    if data.size == 0:
        return Traits(spaced=False, controlled=False, wide=False)
    lowest, highest = int(data.min()), int(data.max())
    wide = highest >= _FIRST_LEAD and bool(((data >= _AFTER_HAN) | ((data >= _FIRST_LEAD) & (data < _FIRST_HAN))).any())
    controlled = lowest < _SPACE or (highest >= _DELETE and bool((data == _DELETE).any()))
    return Traits(spaced=lowest <= _SPACE, controlled=controlled, wide=wide)


def _bytes_of(column: pa.Array) -> Bytes:
    _, offsets, data = column.buffers()
    if data is None or len(column) == 0:
        return np.empty(0, np.uint8)
    ends = np.frombuffer(offsets, np.int32)
    return np.frombuffer(data, np.uint8)[ends[column.offset] : ends[column.offset + len(column)]]


def fold(column: pa.Array, *, keep_width: bool = False) -> pa.Array:
    """Fold a string column: NFKC (full-width to half-width, no-break and ideographic space to space), no invisible or
    control characters, no white space at the ends, and null where nothing is left or a placeholder stands.

    ``keep_width`` leaves width and signs as they are (free text that people will read).
    """
    found = traits(column)
    if found.controlled:
        column = pc.replace_substring_regex(column, _CONTROL, "")
    if found.wide:
        column = pc.replace_substring_regex(column, _INVISIBLE, "")
        column = column if keep_width else pc.utf8_normalize(column, "NFKC")
    if found.wide or found.spaced:
        column = pc.utf8_trim_whitespace(column)
    return _without_placeholders(column)


def _without_placeholders(column: pa.Array) -> pa.Array:
    shortest = pc.min(pc.binary_length(column)).as_py()
    if shortest is None or shortest > _LONGEST:
        return column
    blank = pc.is_in(column, value_set=_PLACEHOLDERS)
    return pc.if_else(blank, pa.scalar(None, pa.string()), column) if pc.any(blank).as_py() else column
