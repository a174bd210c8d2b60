"""What the engine found in any table, as the tables that ``liandao match`` writes.

A record is known by its id, or by source and id where ids are unique within a source alone; ``key`` is the text
that stands for it inside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from transforms.match.arrays import Codes, Flags, Floats, Ints, Levels, find
from transforms.match.config import MatchConfig
from transforms.match.engine import Matched
from transforms.match.results.names import named_by, smallest_keys
from transforms.match.results.review import review_table
from transforms.match.score import GRADES, NEVER, Scored, Scorer, probability
from transforms.match.texts import hash_texts

SEPARATOR = "\x1f"
"""Between source and record id in a key: a character that no export contains."""


@dataclass(frozen=True)
class Records:
    """The records in the order of the input: ``key`` (unique), ``record_id`` as it was written, ``source`` if any."""

    key: pa.Array
    record_id: pa.Array
    source: pa.Array | None

    @cached_property
    def order(self) -> Ints:
        """Rows in the order of their keys."""
        rows: Ints = pc.sort_indices(self.key).to_numpy().astype(np.int64)
        return rows

    @cached_property
    def hashes(self) -> Ints:
        """The key of each record that the engine knows it by."""
        return hash_texts(self.key)

    def source_codes(self) -> Ints | None:
        """A code from 0 for each record's source; None without sources or with one."""
        if self.source is None:
            return None
        coded = self.source.fill_null("").dictionary_encode()
        return coded.indices.to_numpy().astype(np.int64) if len(coded.dictionary) > 1 else None

    def sides(self, left: Ints | Codes, right: Ints | Codes) -> dict[str, pa.Array]:
        """The id columns of pairs of records, with their sources when there are any."""
        rows = (("left", pa.array(left)), ("right", pa.array(right)))
        columns = {f"{side}_id": self.record_id.take(at) for side, at in rows}
        if self.source is not None:
            columns |= {f"{side}_source": self.source.take(at) for side, at in rows}
        return columns


def cluster_ids(records: Records, cluster_of: Ints) -> pa.Array:
    """The id of each cluster: ``C`` and the key, in 16 hex digits, of that of its records whose key is smallest.

    It depends on who is in the cluster alone, not on the order of rows, on other clusters, or on when they came.
    """
    return named_by(smallest_keys(records.hashes, cluster_of))


def clusters_in_parts(records: Records, found: Matched, part: int) -> Iterator[pa.Table]:
    """clusters: record_id, cluster_id, confidence, grade (and source) of each record, in the order of keys; ``part``
    records at a time."""
    names = cluster_ids(records, found.cluster_of)
    several = np.bincount(found.cluster_of) > 1
    grades = pa.array(["single", *GRADES[1:]])
    for start in range(0, max(len(records.order), 1), part):
        rows = records.order[start : start + part]
        cluster = found.cluster_of[rows]
        grade = np.where(several[cluster], np.maximum(found.grade[rows], 1), 0)
        columns = {
            "record_id": records.record_id.take(pa.array(rows)),
            "cluster_id": names.take(pa.array(cluster)),
            "confidence": pa.array(found.confidence[rows]),
            "grade": pa.DictionaryArray.from_arrays(pa.array(grade.astype(np.int8)), grades),
        }
        if records.source is not None:
            columns["source"] = records.source.take(pa.array(rows))
        yield pa.table(columns)


def clusters_table(records: Records, found: Matched) -> pa.Table:
    """All of :func:`clusters_in_parts`."""
    return pa.concat_tables(clusters_in_parts(records, found, max(len(records.key), 1)))


@dataclass(frozen=True, slots=True)
class RecordPairs:
    """Scored pairs of records in the order of their keys. ``left`` and ``right``: rows of the records; ``levels``:
    fields x pairs.

    A pair stands for all records that are equal to its two in every field; each group of equal records has a pair of
    its own for every further record.
    """

    left: Ints
    right: Ints
    levels: Levels
    weight: Floats
    grade: NDArray[np.int8]
    in_cluster: Flags

    def at(self, rows: Ints | slice) -> RecordPairs:
        """A choice of pairs."""
        return RecordPairs(*(getattr(self, f.name)[..., rows] for f in fields(self)))


def record_pairs(records: Records, found: Matched, config: MatchConfig) -> RecordPairs:
    """All pairs that are told of, the one of the two with the smaller key left, ordered by both keys."""
    collapsed, pairs = found.collapsed, found.pairs.where(found.pairs.weight > NEVER)
    further, equal = _equal_records(found, config)
    left = np.concatenate([collapsed.first[pairs.left], collapsed.first[collapsed.node_of[further]]])
    right = np.concatenate([collapsed.first[pairs.right], further])
    rank = np.empty(len(records.key), dtype=np.int32)
    rank[records.order] = np.arange(len(records.key), dtype=np.int32)
    swap = rank[left] > rank[right]
    left, right = np.where(swap, right, left), np.where(swap, left, right)
    order = np.lexsort((rank[right], rank[left]))
    left, right = left[order], right[order]

    def of(name: str) -> NDArray[Any]:  # one after another: there may be more pairs than records
        both: NDArray[Any] = np.concatenate([getattr(part, name) for part in (pairs, equal)], axis=-1)[..., order]
        return both

    in_cluster = found.cluster_of[left] == found.cluster_of[right]
    return RecordPairs(left, right, of("levels"), of("weight"), of("grade"), in_cluster)


def _equal_records(found: Matched, config: MatchConfig) -> tuple[Ints, Scored]:
    """Records that are equal to another one that represents them, and how each scores with it."""
    collapsed = found.collapsed
    order = np.argsort(collapsed.node_of, kind="stable")
    further: Ints = order[collapsed.first[collapsed.node_of[order]] != order]
    several = np.flatnonzero(collapsed.sizes > 1).astype(np.int32)
    own = Scorer(collapsed.nodes, found.model, config).score(several, several)
    return further, own.where(np.searchsorted(several, collapsed.node_of[further]))


def pairs_table(records: Records, found: Matched, rows: RecordPairs) -> pa.Table:
    """pairs: left_id, right_id (and sources), match_weight, match_probability, grade, in_cluster, ``<field>_level``."""
    columns = records.sides(rows.left, rows.right) | {
        "match_weight": pa.array(rows.weight),
        "match_probability": pa.array(probability(rows.weight)),
        "grade": pa.DictionaryArray.from_arrays(pa.array(rows.grade), pa.array(GRADES)),
        "in_cluster": pa.array(rows.in_cluster),
    }
    for f, (name, kind) in enumerate(zip(found.model.names, found.model.kinds, strict=True)):
        words = pa.array(["null", *(level.name for level in kind.levels)])
        columns[f"{name}_level"] = pa.DictionaryArray.from_arrays(pa.array(rows.levels[f].astype(np.int8)), words)
    return pa.table(columns)


def general_review(records: Records, found: Matched, config: MatchConfig, of: int | None = None) -> pa.Table:
    """review: left_id, right_id (and sources), match_weight, match_probability, reason, worth; best first.

    ``of``: how many records there are, where these are a part of them.
    """
    queue = review_table(records.key, found, config, of)
    sides = [queue.column(f"{side}_id").combine_chunks() for side in ("left", "right")]
    queue = queue.set_column(0, "left_id", pc.min_element_wise(*sides))
    queue = queue.set_column(1, "right_id", pc.max_element_wise(*sides))
    queue = queue.sort_by([("worth", "descending"), ("left_id", "ascending"), ("right_id", "ascending")])
    asked = [hash_texts(queue.column(f"{side}_id").combine_chunks()) for side in ("left", "right")]
    rows = [find(side, records.hashes) for side in asked]
    kept = {name: queue.column(name) for name in ("match_weight", "match_probability", "reason_code", "worth")}
    table = pa.table(records.sides(*rows) | kept)
    return table.rename_columns(["reason" if n == "reason_code" else n for n in table.column_names])
