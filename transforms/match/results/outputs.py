"""The engine's findings about persons as the declared tables of ``schemas.tables.link``."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.arrow import arrow_schema
from schemas.tables.link import PERSON, PERSON_LINK, PERSON_PAIR
from transforms.match.arrays import Codes, Ints, distinct
from transforms.match.engine import Matched
from transforms.match.model import pack
from transforms.match.score import GRADES, Scored


def links_table(record_ids: pa.Array, ids: pa.Array, found: Matched) -> pa.Table:
    """link_person: one row for each record, in the order of record ids."""
    columns = [record_ids, ids.take(pa.array(found.cluster_of)), grades_of(found), pa.array(found.confidence)]
    return pa.Table.from_arrays(columns, schema=arrow_schema(PERSON_LINK))


def grades_of(found: Matched) -> pa.Array:
    """``grade_code`` of each record."""
    several = np.bincount(found.cluster_of)[found.cluster_of] > 1
    return pa.array(["single", *GRADES[1:]]).take(pa.array(np.where(several, np.maximum(found.grade, 1), 0)))


def pairs_table(record_ids: pa.Array, found: Matched) -> pa.Table:
    """link_person_pair: representatives of two nodes each, ordered by both ids."""
    left, right = representatives(found.pairs, found)
    order = np.lexsort((right, left))
    pairs = found.pairs.where(order)
    columns = [
        record_ids.take(pa.array(left[order])),
        record_ids.take(pa.array(right[order])),
        pa.array(pairs.weight),
        pa.array(pairs.probability),
        pa.array(GRADES).take(pa.array(pairs.grade)),
        describe_levels(pairs, found),
    ]
    return pa.Table.from_arrays(columns, schema=arrow_schema(PERSON_PAIR))


def representatives(pairs: Scored, found: Matched) -> tuple[Codes, Codes]:
    """The records that stand for both nodes of each pair, the earlier one left."""
    a, b = found.collapsed.first[pairs.left], found.collapsed.first[pairs.right]
    return np.minimum(a, b), np.maximum(a, b)


def describe_levels(pairs: Scored, found: Matched) -> pa.Array:
    """``field=level`` of each pair, the text made once for each distinct pattern."""
    model = found.model
    if not len(pairs.left):
        return pa.array([], pa.string())
    packed = pack(pairs.levels)
    _, first, inverse = np.unique(packed, return_index=True, return_inverse=True)
    names = [["null", *(level.name for level in kind.levels)] for kind in model.kinds]
    patterns = pairs.levels[:, first].T.tolist()
    texts = [" ".join(f"{model.names[f]}={names[f][level]}" for f, level in enumerate(p)) for p in patterns]
    return pa.array(texts).take(pa.array(inverse))


def persons_table(ordered: pa.Table, links: pa.Table, clusters: Ints, ids: pa.Array) -> pa.Table:
    """dim_person: one row for each cluster. ``ordered``: the records in the order of ``links`` and ``clusters``."""
    count = len(ids)
    platform = ordered.column("platform_id").combine_chunks().dictionary_encode().indices
    codes = platform.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    held = distinct(clusters[codes >= 0] * (codes.max(initial=0) + 1) + codes[codes >= 0]) // (codes.max(initial=0) + 1)
    weakest = np.full(count, np.inf)
    np.minimum.at(weakest, clusters, links.column("confidence").to_numpy())
    years = pc.year(ordered.column("birth_date")).combine_chunks()
    columns = [
        ids,
        pa.array(np.bincount(clusters, minlength=count)),
        pa.array(np.bincount(held, minlength=count)),
        most_frequent(ordered.column("sex_code").combine_chunks(), clusters, count),
        most_frequent(years, clusters, count),
        most_frequent(ordered.column("community_code").combine_chunks(), clusters, count),
        pa.array(weakest),
    ]
    table = pa.Table.from_arrays(
        [c.cast(t) for c, t in zip(columns, arrow_schema(PERSON).types, strict=True)], schema=arrow_schema(PERSON)
    )
    return table.take(pc.sort_indices(table.column("person_id")))


def most_frequent(values: pa.Array, clusters: Ints, count: int) -> pa.Array:
    """The most frequent value of each cluster (ties: the smallest), null where it has none."""
    known = pc.unique(values).drop_null().sort()
    codes = pc.index_in(values, known).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    present = codes >= 0
    packed, times = np.unique(clusters[present] * max(len(known), 1) + codes[present], return_counts=True)
    cluster, code = packed // max(len(known), 1), packed % max(len(known), 1)
    order = np.lexsort((code, -times, cluster))
    found, first = np.unique(cluster[order], return_index=True)
    chosen = np.full(count, -1, dtype=np.int64)
    chosen[found] = code[order[first]]
    return known.take(pa.array(chosen, mask=chosen < 0))
