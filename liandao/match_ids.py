"""What a record of ``liandao match`` is known by over all inputs, and over all runs that go on from one another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.errors import ConfigurationError
from transforms.match.arrays import distinct
from transforms.match.results.findings import SEPARATOR
from transforms.match.texts import hash_texts

SHOWN = 5
SHOWN_BETWEEN = " · "


@dataclass(frozen=True, slots=True)
class Identified:
    """How records were known in the run that others now join: by source and id or by id alone, with sources or not."""

    is_qualified: bool
    has_sources: bool


def join_key(sources: pa.Array | pa.ChunkedArray, ids: pa.Array | pa.ChunkedArray) -> Any:
    """The key of each record by its source and id (both text)."""
    return pc.binary_join_element_wise(sources.fill_null(""), ids, SEPARATOR)


def key_written(text: str) -> str:
    """The key that somebody wrote as :func:`key_shown` shows it, or with a tab between source and id."""
    return re.sub(r"\s*[·\t]\s*", SEPARATOR, text, count=1)


def key_shown(key: str) -> str:
    """A key as people read it."""
    return key.replace(SEPARATOR, SHOWN_BETWEEN)


def record_keys_of(ids: pa.Array, sources: pa.Array | None, record_id: str, is_qualified: bool | None) -> pa.Array:
    """What each record is known by: its id, or source and id (``is_qualified``; None: where ids alone are not unique).

    Raises ConfigurationError for ids that are empty or met twice.
    """
    text = ids.cast(pa.string())
    empty = pc.or_kleene(pc.is_null(text), pc.equal(text, "")).fill_null(True)
    if pc.any(empty).as_py():
        rows = np.flatnonzero(np.asarray(empty)) + 1
        raise ConfigurationError(
            "record ids are empty",
            where=f"column {record_id}",
            expected="an id for each record",
            found=f"{len(rows)} empty, first in data row {rows[0]}",
            next_step="fill the column, or name another as id",
        )
    if not is_qualified and _all_differ(text):
        return text
    key = text
    if sources is not None and is_qualified is not False:
        key = join_key(sources, text)
    if not _all_differ(key):
        raise _twice(key, record_id, sources is not None)
    return key


def _all_differ(texts: pa.Array) -> bool:
    """Whether no text is met twice; by their hashes, which takes a tenth of the time, unless two of these are alike."""
    return len(distinct(hash_texts(texts))) == len(texts) or pc.count_distinct(texts).as_py() == len(texts)


def _twice(key: pa.Array, record_id: str, with_source: bool) -> ConfigurationError:
    counted = pc.value_counts(key)
    twice = counted.filter(pc.greater(counted.field("counts"), 1)).field("values").sort()
    shown = ", ".join(repr(key_shown(text)) for text in twice[:SHOWN].to_pylist())
    within = "unique within its source" if with_source else "unique"
    hint = "name a column whose values are unique as id"
    return ConfigurationError(
        "record ids are met twice",
        where=f"column {record_id}",
        expected=f"each id {within}",
        found=f"{len(twice)} ids more than once: {shown}{' …' if len(twice) > SHOWN else ''}",
        next_step=hint if with_source else f"{hint}, or the column that says where a record came from as source",
    )
