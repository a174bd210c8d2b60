"""``liandao match --update``: only new and changed records are read and compared, against everything matched before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from liandao.match_ids import join_key
from schemas.errors import ConfigurationError
from transforms.match.arrays import distinct
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
from transforms.match.incremental import Updated, siblings_of, update_in
from transforms.match.register.store import FOLDER, open_register, read_register
from transforms.match.review import queue_length
from transforms.match.surroundings import look_around


def config_before(out: Path) -> MatchConfig:
    """The configuration of the run that wrote ``out``. Raises ConfigurationError when there is none to go on with."""
    path = out / FOLDER
    if not path.is_dir():
        raise ConfigurationError(
            "there is nothing to update", where=str(out), expected=FOLDER, next_step="match once without --update"
        )
    return read_register(path).config


def model_before(out: Path) -> dict[str, Any]:
    """``model.json`` of the run before. Raises ConfigurationError where it is missing or of an earlier version."""
    path = out / "model.json"
    model: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    if not {"settings", "record_key", "sources"} <= model.keys():
        raise ConfigurationError(
            "the run before was another version's", where=str(path), next_step="match once without --update"
        )
    return model


def removed_ids(path: Path | None, qualified: bool) -> pa.Array | None:
    """Keys of records that are gone: a text file, one id a line; ``qualified``: source, tab and id."""
    if path is None:
        return None
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError("the list of ids can't be read", where=str(path), found=type(error).__name__) from None
    bare = [line for line in lines if "\t" not in line] if qualified else []
    if bare:
        raise ConfigurationError(
            "ids are unique within their source alone",
            where=str(path),
            expected="source, tab and id in each line",
            found=f"{len(bare)} lines without a tab, first {bare[0][:40]!r}",
            next_step="put the source before each id",
        )
    return pa.array([line.replace("\t", SEPARATOR) if qualified else line for line in lines], pa.string())


def updated_tables(
    out: Path,
    register: Path,
    table: pa.Table,
    records: Records,
    removed: pa.Array | None,
    config: MatchConfig,
    qualified: bool,
) -> tuple[dict[str, pa.Table], dict[str, Any]]:
    """The tables of ``out`` after the update of ``register``, and counts.

    ``table``: the changed records as they are matched; ``records``: who they are; ``qualified``: whether they are known
    by source and id. Besides the tables of a full run: ``changes`` (record_id, cluster_before, cluster_after of every
    record whose cluster is another, is new or is gone).
    """
    with open_register(register) as held:
        found = update_in(held, table, removed, config)
        core = np.concatenate([found.found.collapsed.keys, found.copies.column("node").to_numpy()])
        around = look_around(held, distinct(core), found.found.model, config, None)
        siblings = siblings_of(held, found.copies)
    region, gone = found.records.column("record_id").combine_chunks(), found.removed.cast(pa.string())
    copies = found.copies.column("record_id").cast(pa.string()).combine_chunks()
    away = pa.concat_arrays([region, gone, copies])
    known = _read(out, "clusters")
    known = known.append_column("key", _key(known, "", qualified))
    near = known.filter(pc.is_in(known.column("key"), pa.concat_arrays([around.record_ids, away])))
    who = _who(records, near)
    touched = pc.is_in(known.column("key"), away)
    known, kept = known.filter(touched), known.filter(pc.invert(touched))
    fresh = _clusters(kept, found, _records(region, who), _records(copies, who), siblings)
    clusters = pa.concat_tables([kept, fresh])
    seen = _records(around.record_ids, who)
    pairs = pairs_table(seen, around.found, record_pairs(seen, around.found, config))
    review = general_review(seen, around.found, config, clusters.num_rows)
    review = _carried(_read(out, "review"), review, away, qualified).sort_by([("worth", "descending")])
    tables = {
        "clusters": clusters.drop_columns(["key"]),
        "pairs": _carried(_read(out, "pairs"), pairs, away, qualified),
        "review": review.slice(0, queue_length(clusters.num_rows)),
        "changes": _changes(known, fresh),
    }
    counts = {
        "records": clusters.num_rows,
        "clusters": pc.count_distinct(clusters.column("cluster_id")).as_py(),
        "arrived": table.num_rows,
        "removed": pc.sum(pc.is_in(known.column("key"), gone)).as_py() or 0,
        "touched": found.records.num_rows,
        "changed": tables["changes"].num_rows,
        "seconds": found.found.report["seconds"],
    }
    return tables, counts


def _key(table: pa.Table, side: str, qualified: bool) -> pa.ChunkedArray:
    """What stands for each record (of a ``side``) of a table of the run before."""
    ids = table.column(f"{side}id" if side else "record_id").cast(pa.string())
    return join_key(table.column(f"{side}source").cast(pa.string()), ids) if qualified else ids


def _who(records: Records, near: pa.Table) -> pa.Table:
    """key, record_id and source of the records that arrived and of those that were there: what arrived counts."""
    known = near.select([name for name in ("key", "record_id", "source") if name in near.column_names])
    arrived = {"key": records.key, "record_id": records.record_id, "source": records.source}
    try:
        rows = pa.table({name: arrived[name] for name in known.column_names}).cast(known.schema)
    except (pa.ArrowInvalid, TypeError):
        raise ConfigurationError(
            "the records are not identified as those before",
            where="match --update",
            expected=f"{', '.join(known.column_names[1:])}; ids of type {known.schema.field('record_id').type}",
            found=f"ids of type {records.record_id.type}{'' if records.source is not None else ', no source'}",
            next_step="give the same columns as in the run before",
        ) from None
    return pa.concat_tables([rows, known])


def _records(keys: pa.Array, who: pa.Table) -> Records:
    rows = pc.index_in(keys, who.column("key").combine_chunks())
    source = who.column("source").combine_chunks().take(rows) if "source" in who.column_names else None
    return Records(keys, who.column("record_id").combine_chunks().take(rows), source)


def _clusters(kept: pa.Table, found: Updated, region: Records, copied: Records, siblings: pa.Table) -> pa.Table:
    """Clusters of all records that the update touched, in the form of ``kept``, where all others are."""
    fresh = clusters_table(region, found.found).append_column("key", region.key.take(pa.array(region.order)))
    joined = _copies(found.copies, pa.concat_tables([kept, _like(fresh, kept)]), copied, siblings)
    return pa.concat_tables([_like(part, kept) for part in (fresh, joined)])


def _copies(copies: pa.Table, clusters: pa.Table, records: Records, siblings: pa.Table) -> pa.Table:
    """Records that are one more copy of several: they go where the others are, or nowhere (bare names, typed again)."""
    named = clusters.filter(pc.is_in(clusters.column("key"), siblings.column("record_id").combine_chunks()))
    sibling = pc.index_in(copies.column("cluster").combine_chunks(), siblings.column("cluster").combine_chunks())
    like = siblings.column("record_id").combine_chunks().take(sibling)
    rows = pc.index_in(like, named.column("key").combine_chunks())
    alone = cluster_ids(records, np.arange(len(records.key)))
    columns = {
        "record_id": records.record_id,
        "cluster_id": pc.coalesce(named.column("cluster_id").combine_chunks().take(rows), alone),
        "confidence": pc.coalesce(named.column("confidence").combine_chunks().take(rows), pa.scalar(1.0)),
        "grade": pc.coalesce(named.column("grade").cast(pa.string()).combine_chunks().take(rows), pa.scalar("single")),
        "key": records.key,
    }
    return pa.table(columns | ({"source": records.source} if records.source is not None else {}))


def _carried(before: pa.Table, fresh: pa.Table, away: pa.Array, qualified: bool) -> pa.Table:
    """Rows about pairs of records that the update did not touch, and those about the others as they are now."""
    sides = [
        pc.or_(*(pc.is_in(_key(rows, f"{side}_", qualified), away) for side in ("left", "right")))
        for rows in (before, fresh)
    ]
    kept = before.filter(pc.invert(sides[0]))
    return pa.concat_tables([kept, _like(fresh.filter(sides[1]), before)])


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
