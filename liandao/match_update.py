"""``liandao match --update``: only new and changed records are read and compared, against everything matched before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from schemas.errors import ConfigurationError
from transforms.match.config import MatchConfig
from transforms.match.findings import (
    SEPARATOR,
    Records,
    cluster_ids,
    clusters_table,
    general_review,
    pairs_table,
    record_pairs,
)
from transforms.match.incremental import Updated, siblings_of, update
from transforms.match.register import read_config

REGISTER = "match.duckdb"


def config_before(out: Path) -> MatchConfig:
    """The configuration of the run that wrote ``out``. Raises ConfigurationError when there is none to go on with."""
    path = out / REGISTER
    if not path.is_file():
        raise ConfigurationError(
            "there is nothing to update", where=str(out), expected=REGISTER, next_step="match once without --update"
        )
    with duckdb.connect(str(path), read_only=True) as con:
        return read_config(con)


def removed_ids(path: Path | None) -> pa.Array | None:
    """Ids of records that are gone: a text file, one id a line."""
    if path is None:
        return None
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError("the list of ids can't be read", where=str(path), found=type(error).__name__) from None
    return pa.array([line.strip() for line in lines if line.strip()], pa.string())


def updated_tables(
    out: Path, register: Path, table: pa.Table, records: Records, removed: pa.Array | None, config: MatchConfig
) -> tuple[dict[str, pa.Table], dict[str, Any]]:
    """The tables of ``out`` after the update of ``register``, and counts.

    ``table``: the changed records as they are matched; ``records``: who they are. Besides the tables of a full run:
    ``changes`` (record_id, cluster_before, cluster_after of every record whose cluster is another, is new or is gone).
    """
    found = update(register, table, removed, config)
    region, gone = found.records.column("record_id").combine_chunks(), found.removed.cast(pa.string())
    copies = found.copies.column("record_id").cast(pa.string()).combine_chunks()
    known = _keyed(_read(out, "clusters"), out)
    touched = pc.is_in(known.column("key"), pa.concat_arrays([region, gone, copies]))
    known, kept = known.filter(touched), known.filter(pc.invert(touched))
    who = pa.concat_tables([_who(known), _named(records)], promote_options="permissive")
    inside = _records(region, who)
    fresh = _clusters(kept, found, inside, _records(copies, who), register)
    clusters = pa.concat_tables([kept, fresh])
    away = pa.concat_arrays([region, gone])
    tables = {
        "clusters": clusters.drop_columns(["key"]),
        "pairs": _outside(_read(out, "pairs"), away, _pairs(inside, found, config)),
        "review": _outside(_read(out, "review"), away, general_review(inside, found.found, config)).sort_by(
            [("worth", "descending")]
        ),
        "changes": _changes(known, fresh),
    }
    counts = {
        "records": clusters.num_rows,
        "clusters": pc.count_distinct(clusters.column("cluster_id")).as_py(),
        "arrived": table.num_rows,
        "removed": len(found.removed),
        "touched": found.records.num_rows,
        "changed": tables["changes"].num_rows,
        "seconds": found.found.report["seconds"],
    }
    return tables, counts


def _keyed(clusters: pa.Table, out: Path) -> pa.Table:
    """The clusters before, with the key that stands for each record inside."""
    key = clusters.column("record_id").cast(pa.string())
    if json.loads((out / "model.json").read_text(encoding="utf-8"))["record_key"] != "record id":
        key = pc.binary_join_element_wise(clusters.column("source").fill_null(""), key, SEPARATOR)
    return clusters.append_column("key", key)


def _who(known: pa.Table) -> pa.Table:
    return known.select([name for name in ("key", "record_id", "source") if name in known.column_names])


def _named(records: Records) -> pa.Table:
    columns = {"key": records.key, "record_id": records.record_id}
    return pa.table(columns | ({"source": records.source} if records.source is not None else {}))


def _records(keys: pa.Array, who: pa.Table) -> Records:
    rows = pc.index_in(keys, who.column("key").combine_chunks())
    source = who.column("source").combine_chunks().take(rows) if "source" in who.column_names else None
    return Records(keys, who.column("record_id").combine_chunks().take(rows), source)


def _clusters(kept: pa.Table, found: Updated, region: Records, copied: Records, register: Path) -> pa.Table:
    """Clusters of all records that the update touched, in the form of ``kept``, where all others are."""
    fresh = clusters_table(region, found.found).append_column("key", region.key.take(pa.array(region.order)))
    joined = _copies(found.copies, pa.concat_tables([kept, _like(fresh, kept)]), copied, register)
    return pa.concat_tables([_like(part, kept) for part in (fresh, joined)])


def _copies(copies: pa.Table, clusters: pa.Table, records: Records, register: Path) -> pa.Table:
    """Records that are one more copy of several: they go where the others are, or nowhere (bare names, typed again)."""
    siblings = siblings_of(register, copies)
    named = clusters.filter(pc.is_in(clusters.column("key"), siblings.column("record_id").combine_chunks()))
    sibling = pc.index_in(copies.column("cluster").combine_chunks(), siblings.column("cluster").combine_chunks())
    like = siblings.column("record_id").combine_chunks().take(sibling)
    rows = pc.index_in(like, named.column("key").combine_chunks())
    alone = cluster_ids(records.key, np.arange(len(records.key)))
    columns = {
        "record_id": records.record_id,
        "cluster_id": pc.coalesce(named.column("cluster_id").combine_chunks().take(rows), alone),
        "confidence": pc.coalesce(named.column("confidence").combine_chunks().take(rows), pa.scalar(1.0)),
        "grade": pc.coalesce(named.column("grade").cast(pa.string()).combine_chunks().take(rows), pa.scalar("single")),
        "key": records.key,
    }
    return pa.table(columns | ({"source": records.source} if records.source is not None else {}))


def _pairs(records: Records, found: Updated, config: MatchConfig) -> pa.Table:
    return pairs_table(records, found.found, record_pairs(records, found.found, config))


def _outside(before: pa.Table, gone: pa.Array, fresh: pa.Table) -> pa.Table:
    """Rows about pairs that the update did not touch, and those of the region."""
    inside = [pc.is_in(before.column(side).cast(pa.string()), gone) for side in ("left_id", "right_id")]
    kept = before.filter(pc.invert(pc.or_(*inside)))
    return pa.concat_tables([kept, _like(fresh, before)])


def _read(out: Path, name: str) -> pa.Table:
    """A table of the run before. What repeats in every row stays encoded: it is carried on as it is."""
    path = out / f"{name}.parquet"
    coded = [n for n in pq.read_schema(path).names if n == "grade" or n.endswith(("_source", "_level"))]
    return pq.read_table(path, memory_map=True, pre_buffer=False, read_dictionary=coded)


def _like(table: pa.Table, before: pa.Table) -> pa.Table:
    """Columns in the order and of the types of a table that was there before."""
    columns = []
    for field in before.schema:
        column = table.column(field.name)
        coded = pa.types.is_dictionary(field.type)
        columns.append(column.cast(pa.string()).dictionary_encode() if coded else column.cast(field.type))
    return pa.table(columns, schema=before.schema)


def _changes(known: pa.Table, clusters: pa.Table) -> pa.Table:
    """Records whose cluster is another than before. ``known`` and ``clusters``: what was touched, before and after."""
    sides = [
        t.select(["key", "record_id", "cluster_id"]).rename_columns(["key", f"record_{when}", f"cluster_{when}"])
        for t, when in ((known, "before"), (clusters, "after"))
    ]
    both = sides[0].join(sides[1], "key", join_type="full outer")
    same = pc.equal(both.column("cluster_before"), both.column("cluster_after")).fill_null(False)
    changed = both.filter(pc.invert(same)).sort_by("key")
    record = pc.coalesce(changed.column("record_after"), changed.column("record_before"))
    return pa.table(
        {
            "record_id": record,
            "cluster_before": changed.column("cluster_before"),
            "cluster_after": changed.column("cluster_after"),
        }
    )
