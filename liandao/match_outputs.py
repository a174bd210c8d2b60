"""What a run of ``liandao match`` writes, all or nothing: tables as Parquet, model.json, report and register."""

from __future__ import annotations

import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from liandao.match_inputs import InputFile
from schemas.durable import sync
from transforms.match.arrays import distinct, mix
from transforms.match.bands import bands_of
from transforms.match.collapse import content_keys
from transforms.match.config import MatchConfig
from transforms.match.engine import Matched
from transforms.match.quality import Quality
from transforms.match.quality.sampling import draw_pairs, stratum_of
from transforms.match.register.store import FOLDER, move_register
from transforms.match.results.findings import (
    RecordPairs,
    Records,
    clusters_in_parts,
    general_review,
    pairs_table,
    record_pairs,
)
from transforms.match.results.lookalikes import count_lookalikes
from transforms.match.shelf import Shelf
from transforms.match.texts import hash_texts

PACKAGES = ("liandao", "numpy", "numba", "pyarrow", "scipy", "rapidfuzz", "pypinyin")
MODEL_VERSION = 1
"""Version of the form of model.json."""
WRITERS = 2
"""Tables written side by side."""
PART = 500_000
"""Rows that are put together and written at once; two parts of a table are in memory."""
Tables = dict[str, Iterable[pa.Table]]
"""What is written as Parquet: the parts of each table, by name."""


def tables_of(records: Records, found: Matched, config: MatchConfig, quality: Quality, shelf: Shelf) -> Tables:
    """clusters, pairs, review and sample. What is long is put together while it is written, part by part."""
    rows = shelf.keep(record_pairs(records, found, config))
    of = stratum_of(rows.weight, rows.in_cluster)
    hashes = hash_texts(records.record_id.cast(pa.string()))
    drawn = rows.at(draw_pairs(quality.sampling, of, mix([hashes[rows.left], hashes[rows.right]])))
    sample = pairs_table(records, found, drawn)
    return {
        "clusters": clusters_in_parts(records, found, PART),
        "pairs": _in_parts(records, found, rows),
        "review": [general_review(records, found, config)],
        "sample": [sample.append_column("answer", pa.nulls(sample.num_rows, pa.string()))],
    }


def _in_parts(records: Records, found: Matched, rows: RecordPairs) -> Iterator[pa.Table]:
    for start in range(0, max(len(rows.left), 1), PART):
        yield pairs_table(records, found, rows.at(slice(start, start + PART)))


def describe(
    files: list[InputFile], records: Records, found: Matched, config: MatchConfig, quality: Quality
) -> dict[str, Any]:
    """model.json: everything a reader needs to see what was done and to do it again."""
    lookalikes = count_lookalikes(found, config)
    qualified = records.source is not None and not records.key.equals(records.record_id.cast(pa.string()))
    bands = found.bands or bands_of(found.pairs.weight)
    return {
        "version": MODEL_VERSION,
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES},
        "inputs": [file.to_dict() for file in files],
        "record_key": "source + record id" if qualified else "record id",
        "without_source": records.source.null_count if records.source is not None else 0,
        "sources": sorted(records.source.drop_null().unique().to_pylist()) if records.source is not None else [],
        "duplicate_free": _duplicate_free(found, config),
        "config": asdict(config),
        "thresholds": {
            "link": config.link_weight,
            "certain": config.certain_weight,
            "possible": config.possible_weight,
            "unit": "bits (log2 of posterior odds)",
        },
        **found.report,
        "field_levels": {
            name: [level.name for level in kind.levels]
            for name, kind in zip(found.model.names, found.model.kinds, strict=True)
        },
        "match_weights": [
            {"from": low, "pairs": int(pairs), "expected": round(float(expected), 2)}
            for low, pairs, expected in bands.rows()
        ],
        "contradictory_pairs": bands.contradictory,
        "lookalikes": lookalikes.to_dict() if lookalikes else None,
        "quality": quality.to_dict(),
    }


def _duplicate_free(found: Matched, config: MatchConfig) -> dict[str, Any] | None:
    """The sources of which a cluster holds at most one record each, and how many records are equal to another one of
    theirs and stay apart all the same; None where no source is said or found to be so."""
    sources = [name for f in config.fields for name in cast("tuple[str, ...]", f.options.get("duplicate_free", ()))]
    if not sources:
        return None
    nodes = found.collapsed.nodes
    content = content_keys(nodes.at(np.flatnonzero(nodes.contradict_themselves())))
    return {"sources": sources, "equal_records": len(content) - len(distinct(content))}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def write_all(out: Path, tables: Tables, model: dict[str, Any], report: str | None, register: Path) -> None:
    """Write everything beside ``out`` first, then move each file to its name: no reader meets half a file.

    ``report``: None leaves the report of the last full run. The register moves last: a cut-off run is done again.
    """
    out.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".match-", dir=out))
    try:
        with ThreadPoolExecutor(WRITERS) as pool:
            files = ((fresh / f"{name}.parquet", partial(_write_parts, parts)) for name, parts in tables.items())
            written = [pool.submit(_synced, path, write) for path, write in files]
            for each in written:
                each.result()
        text = json.dumps(model, ensure_ascii=False, indent=1, default=str)
        _synced(fresh / "model.json", lambda path: path.write_text(text + "\n", encoding="utf-8"))
        if report is not None:
            _synced(fresh / "report.html", lambda path: path.write_text(report, encoding="utf-8"))
        if "changes" not in tables:
            (out / "changes.parquet").unlink(missing_ok=True)  # of an update before this full run
        for path in sorted(fresh.iterdir()):
            os.replace(path, out / path.name)
        move_register(register, out / FOLDER)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _write_parts(parts: Iterable[pa.Table], path: Path) -> None:
    writer = None
    for part in _ahead(_in_groups(parts)):
        writer = writer or pq.ParquetWriter(path, part.schema, store_schema=False)
        writer.write_table(part)
    if writer is not None:
        writer.close()


def _in_groups(parts: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in parts worth a row group: each update of many brings a few."""
    held: list[pa.Table] = []
    for part in parts:
        held.append(part)
        if sum(each.num_rows for each in held) >= PART // 2:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)


def _ahead(parts: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The same parts, each put together while the one before it is in use."""
    with ThreadPoolExecutor(1) as beside:
        coming = beside.submit(next, parts, None)
        while (part := coming.result()) is not None:
            coming = beside.submit(next, parts, None)
            yield part


def _synced(path: Path, write: Callable[[Path], Any]) -> None:
    write(path)
    sync(path)
