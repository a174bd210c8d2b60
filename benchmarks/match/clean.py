"""What both sides are given: the same values, folded; and the columns that a careful user of SQL would derive.

Neither side is timed for this. ``folded`` columns (name, id_no, birth_date, sex, phone, address) are read by both; the
derived ones (toneless pinyin, surname's pinyin, visible ends of a masked number) only by Splink, since our kinds derive
theirs themselves, within the time measured.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pypinyin import lazy_pinyin

Texts = pa.StringArray
BETWEEN = re.compile(r"[\s·•・.]")
REMARK = re.compile(r"[(\[【].*?[)\]】]")
ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
ID_CHECK = np.array([ord(c) for c in "10X98765432"])
PLACEHOLDER = r"^(0+|1+|9+|X+|12345678.*)$"


def fold_names(values: pa.ChunkedArray) -> Texts:
    """NFKC, no remarks in brackets, no blanks and interpuncts, empty as null."""
    return _by_value(values, lambda text: BETWEEN.sub("", REMARK.sub("", unicodedata.normalize("NFKC", text))))


def fold_numbers(values: pa.ChunkedArray) -> Texts:
    """Identity numbers: half width, upper case, 15 digits made 18, placeholders as null; masks stay."""
    folded = _by_value(values, lambda text: re.sub(r"[^0-9A-Z*]", "", unicodedata.normalize("NFKC", text).upper()))
    folded = pc.if_else(pc.match_substring_regex(folded, PLACEHOLDER), None, folded)
    return _by_value(folded, _to_18)


def fold_phones(values: pa.ChunkedArray) -> Texts:
    """Digits and mask only; a mobile number without the country's code."""
    digits = _by_value(values, lambda text: re.sub(r"[^0-9*]", "", unicodedata.normalize("NFKC", text)))
    return pc.replace_substring_regex(digits, r"^(?:00)?86(1.{10})$", r"\1")


def fold_text(values: pa.ChunkedArray) -> Texts:
    """NFKC, lower case, single blanks, empty as null."""
    return _by_value(values, lambda text: " ".join(unicodedata.normalize("NFKC", text).lower().split()))


def pinyin(names: Texts) -> Texts:
    """Toneless pinyin of each character, blank between; masks and Latin letters stay."""
    return _by_value(names, lambda text: " ".join(lazy_pinyin(text)))


def valid_numbers(numbers: pa.Array | pa.ChunkedArray) -> NDArray[np.bool_]:
    """Which are 18 characters with the check character of GB 11643 and a birth date after 1860."""
    table = pc.dictionary_encode(_whole(numbers))
    values = table.dictionary.to_pylist()
    shaped = np.array([bool(re.fullmatch(r"[1-9]\d{16}[0-9X]", v)) for v in values], dtype=bool)
    good = np.zeros(len(values) + 1, dtype=bool)
    if shaped.any():
        digits = np.array([[ord(c) for c in v] for v, ok in zip(values, shaped, strict=True) if ok])
        check = ID_CHECK[((digits[:, :17] - 48) @ ID_WEIGHTS) % 11] == digits[:, 17]
        dated = np.array([_is_date(v[6:14]) for v, ok in zip(values, shaped, strict=True) if ok])
        good[:-1][shaped] = check & dated
    return good[np.asarray(table.indices.fill_null(len(values)))]


def stated_birth_and_sex(numbers: pa.Array) -> tuple[Texts, Texts]:
    """Birth date (ISO) and sex (1, 2) that a valid number states, null elsewhere."""
    valid = pa.array(valid_numbers(numbers))
    born = pc.utf8_slice_codeunits(numbers, 6, 14)
    birth = pc.replace_substring_regex(born, r"^(\d{4})(\d{2})(\d{2})$", r"\1-\2-\3")
    odd = pc.match_substring_regex(pc.utf8_slice_codeunits(numbers, 16, 17), "[13579]")
    return pc.if_else(valid, birth, None), pc.if_else(valid, pc.if_else(odd, "1", "2"), None)


def with_derived(table: pa.Table) -> pa.Table:
    """Add what Splink is offered beside the folded columns of Chinese records.

    ``name_pinyin``, ``surname_pinyin``, ``id_full`` (null when masked), ``id_head`` and ``id_tail`` (first three and
    last four characters, null when hidden).
    """
    sounds, number = pinyin(_whole(table["name"])), _whole(table["id_no"])
    head, tail = pc.utf8_slice_codeunits(number, 0, 3), pc.utf8_slice_codeunits(number, -4, None)
    derived = {
        "name_pinyin": sounds,
        "surname_pinyin": pc.list_element(pc.split_pattern(sounds, " ", max_splits=1), 0),
        "id_full": pc.if_else(pc.match_substring(number, "*"), None, number),
        "id_head": pc.if_else(pc.match_substring(head, "*"), None, head),
        "id_tail": pc.if_else(pc.match_substring(tail, "*"), None, tail),
    }
    for name, column in derived.items():
        table = table.append_column(name, column.cast(pa.string()))
    return table


def _by_value(values: pa.Array | pa.ChunkedArray, change: Callable[[str], str]) -> Texts:
    """Apply ``change`` to each distinct value; what becomes empty is null."""
    table = pc.dictionary_encode(_whole(values))
    changed = pa.array([change(v) or None for v in table.dictionary.to_pylist()], pa.string())
    return changed.take(table.indices)


def _whole(values: pa.Array | pa.ChunkedArray) -> pa.Array:
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return values.cast(pa.string())


def _to_18(number: str) -> str:
    if not re.fullmatch(r"\d{15}", number):
        return number
    longer = f"{number[:6]}19{number[6:]}"
    return longer + chr(ID_CHECK[sum(int(c) * int(w) for c, w in zip(longer, ID_WEIGHTS, strict=True)) % 11])


def _is_date(text: str) -> bool:
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    return 1860 < year < 2100 and 1 <= month <= 12 and 1 <= day <= 31
