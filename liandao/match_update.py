"""``liandao match --update``: only new and changed records are read and compared, against everything matched before."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from liandao.match_before import Before, alike, keys_of
from liandao.match_outputs import Tables
from schemas.errors import ConfigurationError
from transforms.match.arrays import Ints, among, distinct, find
from transforms.match.config import MatchConfig
from transforms.match.nights.incremental import Updated, siblings_of, update_in
from transforms.match.nights.surroundings import look_around
from transforms.match.register.store import FOLDER, open_register, read_register
from transforms.match.results.findings import (
    SEPARATOR,
    Records,
    cluster_ids,
    clusters_table,
    general_review,
    pairs_table,
    record_pairs,
)
from transforms.match.results.names import names_as_before
from transforms.match.results.review import queue_length
from transforms.match.texts import hash_texts


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
) -> tuple[Tables, dict[str, Any]]:
    """The tables of ``out`` after the update of ``register``, and counts.

    ``table``: the changed records as they are matched; ``records``: who they are; ``qualified``: whether they are known
    by source and id. Besides the tables of a full run: ``changes`` (record_id and source if any, cluster_before,
    cluster_after of every record whose cluster is another, is new or is gone).
    """
    with ThreadPoolExecutor(1) as beside:
        reading = beside.submit(_known, out, qualified)
        with open_register(register) as held:
            found = update_in(held, table, removed, config)
            core = np.concatenate([found.found.collapsed.keys, found.copies.column("node").to_numpy()])
            around = look_around(held, distinct(core), found.found.model, config, None)
            siblings, learnt_from = siblings_of(held, found.copies, "cluster"), held.learnt_from
        known = reading.result()
    region, copies = (part.column("record_id").combine_chunks() for part in (found.records, found.copies))
    gone = hash_texts(found.removed.cast(pa.string()))
    away = np.concatenate([found.records.column("record_key").to_numpy(), hash_texts(copies), gone])
    keys = known.column("key").to_numpy()
    touched = among(keys, away)
    near = touched | among(keys, hash_texts(around.record_ids))
    who = _who(records, known.filter(pa.array(near)))
    known, kept = known.filter(pa.array(touched)), known.filter(pa.array(~touched))
    fresh = _clusters(kept, known, found, _records(region, who), _records(copies, who), siblings)
    now = pa.concat_tables([kept, fresh]).drop_columns(["key"])
    seen = _records(around.record_ids, who)
    asked = general_review(seen, around.found, config, now.num_rows)
    asked = pa.concat_tables(Before(out, "review", qualified).carried(asked, away)).sort_by([("worth", "descending")])
    told = pairs_table(seen, around.found, record_pairs(seen, around.found, config))
    changes = _changes(known, fresh)
    tables: Tables = {
        "pairs": Before(out, "pairs", qualified).carried(told, away),
        "clusters": [now],
        "review": [asked.slice(0, queue_length(now.num_rows))],
        "changes": [changes],
    }
    counts = {
        "records": now.num_rows,
        "clusters": len(distinct(np.concatenate([hash_texts(part) for part in now.column("cluster_id").chunks]))),
        "arrived": table.num_rows,
        "new": table.num_rows - int(among(records.hashes, keys).sum()),
        "removed": int(among(keys, gone).sum()),
        "not_known": _not_known(found.removed, gone, keys),
        "moved": changes.select(["cluster_before", "cluster_after"]).drop_null().num_rows,
        "touched": found.records.num_rows,
        "changed": changes.num_rows,
        "learnt_from": learnt_from,
        "seconds": found.found.report["seconds"],
    }
    return tables, counts


def _not_known(removed: pa.Array, gone: Ints, keys: Ints) -> dict[str, object]:
    """Ids to be removed that no record has: how many, and the first."""
    missed = removed.filter(pa.array(~among(gone, keys)))
    return {"ids": len(missed), "first": missed[0].as_py() if len(missed) else None}


def _known(out: Path, qualified: bool) -> pa.Table:
    """clusters of the run before, with the key of each record."""
    parts = pa.concat_tables(Before(out, "clusters", qualified).parts())
    return parts.append_column("key", pa.array(keys_of(parts, "", qualified)))


def _who(records: Records, near: pa.Table) -> pa.Table:
    """key, record_id and source of the records that arrived and of those that were there: what arrived counts."""
    known = near.select([name for name in ("key", "record_id", "source") if name in near.column_names])
    arrived = {"key": records.hashes, "record_id": records.record_id, "source": records.source}
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
    return pa.concat_tables([rows, known]).combine_chunks()


def _records(keys: pa.Array, who: pa.Table) -> Records:
    rows = pa.array(find(hash_texts(keys), who.column("key").to_numpy()))
    source = who.column("source").combine_chunks().take(rows) if "source" in who.column_names else None
    return Records(keys, who.column("record_id").combine_chunks().take(rows), source)


def _clusters(
    kept: pa.Table, known: pa.Table, found: Updated, region: Records, copied: Records, siblings: pa.Table
) -> pa.Table:
    """Clusters of all records that the update touched, in the form of ``kept``, where all others are; ``known``: what
    was touched, as it was."""
    keys = region.hashes[region.order]
    resolved = alike(clusters_table(region, found.found).append_column("key", pa.array(keys)), kept)
    sibling = find(found.copies.column("cluster").to_numpy(), siblings.column("cluster").to_numpy())
    rows = _rows(copied, cluster_ids(copied, np.arange(len(sibling))))
    # A further copy of several goes where the others are, or nowhere (bare names, typed again).
    alone = alike(rows.filter(pa.array(sibling < 0)), kept)
    fresh = _named_as_before(pa.concat_tables([resolved, alone]).combine_chunks(), known, kept)
    like = hash_texts(siblings.column("record_id").combine_chunks())[sibling[sibling >= 0]]
    joined = alike(_joined(rows.filter(pa.array(sibling >= 0)), like, pa.concat_tables([kept, fresh])), kept)
    return pa.concat_tables([fresh, joined])


def _rows(records: Records, names: pa.Array) -> pa.Table:
    """Rows of clusters for records that nothing is known of but their cluster's name."""
    columns = {
        "record_id": records.record_id,
        "cluster_id": names,
        "confidence": np.ones(len(names)),
        "grade": pa.repeat("single", len(names)),
        "key": records.hashes,
    }
    return pa.table(columns | ({"source": records.source} if records.source is not None else {}))


def _named_as_before(fresh: pa.Table, known: pa.Table, kept: pa.Table) -> pa.Table:
    """Clusters keep the name that most of their records had."""
    coded = fresh.column("cluster_id").combine_chunks().dictionary_encode()
    codes = coded.indices.to_numpy().astype(np.int64)
    names = names_as_before(fresh.column("key").to_numpy(), codes, known, kept.column("cluster_id"))
    return fresh.set_column(fresh.column_names.index("cluster_id"), "cluster_id", names.take(coded.indices))


def _joined(copies: pa.Table, like: Ints, clusters: pa.Table) -> pa.Table:
    """Copies in the clusters of the records that they are ``like`` (their keys)."""
    named = clusters.filter(pa.array(among(clusters.column("key").to_numpy(), like))).combine_chunks()
    at = pa.array(find(like, named.column("key").to_numpy()))
    for name in ("cluster_id", "confidence", "grade"):
        copies = copies.set_column(copies.column_names.index(name), name, named.column(name).take(at))
    return copies


def _changes(known: pa.Table, clusters: pa.Table) -> pa.Table:
    """Records whose cluster is another than before. ``known`` and ``clusters``: what was touched, before and after."""
    who = [name for name in ("record_id", "source") if name in known.column_names]
    sides = [
        t.select(["key", *who, "cluster_id"]).rename_columns(["key", *(f"{n}_{when}" for n in who), f"cluster_{when}"])
        for t, when in ((known, "before"), (clusters, "after"))
    ]
    both = sides[0].join(sides[1], "key", join_type="full outer")
    same = pc.equal(both.column("cluster_before"), both.column("cluster_after")).fill_null(False)
    changed = both.filter(pc.invert(same))
    columns = {name: pc.coalesce(changed.column(f"{name}_after"), changed.column(f"{name}_before")) for name in who}
    columns |= {name: changed.column(name) for name in ("cluster_before", "cluster_after")}
    return pa.table(columns).sort_by([(name, "ascending") for name in who])
