"""Columns of any Arrow type as the text that kinds read."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import ConfigurationError


def as_text(values: pa.ChunkedArray | pa.Array, name: str) -> pa.Array:
    """One column as text: days and times by their ISO date, whole numbers without a fraction (12.0 is '12'), text
    trimmed; null for null, for an empty text and for NaN. Raises ConfigurationError for lists, structs and bytes."""
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if pa.types.is_dictionary(values.type):
        return encoded(values, name).dictionary_decode()
    kind = values.type
    _refuse(kind, name)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        text = pc.strftime(values, format="%Y-%m-%d")
    elif pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        text = pc.replace_substring_regex(_decimal(values.cast(pa.float64())), r"\.0+$", "")
    else:
        text = values.cast(pa.string())
    text = pc.utf8_trim_whitespace(text)
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def encoded(values: pa.ChunkedArray | pa.Array, name: str) -> pa.DictionaryArray:
    """One column as text (see :func:`as_text`), dictionary-encoded: each distinct value is read once."""
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    _refuse(values.type, name)
    raw = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
    text = as_text(raw.dictionary, name).dictionary_encode()  # values that differ in spaces alone are one from here on
    return pa.DictionaryArray.from_arrays(text.indices.take(raw.indices), text.dictionary)


def _refuse(kind: pa.DataType, name: str) -> None:
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raise ConfigurationError(
            f"column {name} holds {kind}", where="match input", expected="text, numbers, dates or booleans"
        )


def _decimal(values: pa.Array) -> pa.Array:
    """Numbers as decimal text, large ones without an exponent; NaN and infinities are null."""
    values = pc.if_else(pc.is_finite(values), values, pa.scalar(None, pa.float64()))
    whole = pc.and_(pc.equal(values, pc.round(values)), pc.less(pc.abs(values), 1e15))
    integers = pc.if_else(whole, values, pa.scalar(None, pa.float64())).cast(pa.int64()).cast(pa.string())
    return pc.coalesce(integers, values.cast(pa.string()))
