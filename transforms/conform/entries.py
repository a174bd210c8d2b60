"""Entry events: each attribute that was typed on an accepted form, as one row of its own."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.arrow import arrow_schema
from schemas.tables.intake import ATTRIBUTES, ENTRY_EVENT

_SHARED = ("record_id", "landed_row", "platform_id", "mode_code", "entered_at", "community_code", "case_no")
_SCHEMA = arrow_schema(ENTRY_EVENT)
_BETWEEN = re.compile(r"[\s,，、;；|]+")
MANUAL, PREFILLED = "manual", "prefill_accepted"


def entry_events(
    forms: pa.Table, raw: dict[str, pa.Array], text: dict[str, pa.Array], names: dict[str, str]
) -> pa.Table:
    """Unpivot accepted forms into ``core_entry_event``: one row for each attribute whose raw text isn't blank.

    ``forms``: ``core_form`` rows. ``raw`` and ``text``: attribute -> landed and folded text, row for row with
    ``forms``. ``names``: the platform's own field names -> attributes, which ``prefilled`` may use. Ordered by
    attribute, then row. ``value`` is the canonical value as text; where it can't be read as its type, the folded
    text stands.
    """
    prefilled = _Prefilled(forms["prefilled"].combine_chunks(), names)
    parts = [_events_of(forms, a, raw[a], text[a], prefilled) for a in ATTRIBUTES if a in raw]
    return pa.concat_tables([_SCHEMA.empty_table(), *parts])


def _events_of(forms: pa.Table, attribute: str, raw: pa.Array, text: pa.Array, prefilled: _Prefilled) -> pa.Table:
    value = canonical_text(forms[attribute].combine_chunks(), text)
    modes = forms["mode_code"].combine_chunks()
    mode = pc.if_else(pc.and_(prefilled.has(attribute), pc.equal(modes, MANUAL)), PREFILLED, modes)
    columns = {name: forms[name] for name in _SHARED} | {"mode_code": mode, "value_raw": raw, "value": value}
    rows = pa.table(columns)
    rows = rows.filter(text.is_valid()) if text.null_count else rows
    columns = {name: rows[name] for name in rows.column_names} | {
        "entry_id": pc.binary_join_element_wise(rows["record_id"], attribute, ":"),
        "attribute_code": pa.repeat(pa.scalar(attribute, pa.string()), rows.num_rows),
        "is_variant_spelling": pc.not_equal(rows["value_raw"], rows["value"]),
    }
    return pa.table([columns[name] for name in _SCHEMA.names], schema=_SCHEMA)


def canonical_text(typed: pa.Array, text: pa.Array) -> pa.Array:
    """A typed column as canonical text (dates as ISO 8601, whole numbers without a point), else what was folded."""
    if pa.types.is_string(typed.type):
        return pc.coalesce(typed, text) if typed.null_count else typed
    return pc.coalesce(typed.cast(pa.string()), text)


class _Prefilled:
    """Which attributes each form lists as accepted from prefill; each distinct list is read once."""

    def __init__(self, lists: pa.Array, names: dict[str, str]) -> None:
        encoded = lists.dictionary_encode()
        self._at = encoded.indices
        listed = [_BETWEEN.split(str(text)) for text in encoded.dictionary.to_pylist()]
        self._sets = [{names.get(part, part) for part in parts} for parts in listed]

    def has(self, attribute: str) -> pa.Array:
        """One boolean for each form."""
        held = pa.array(np.array([attribute in found for found in self._sets], dtype=bool))
        return pc.fill_null(held.take(self._at), False)
