"""Our side: the engine with the set's ``match.yml`` and nothing else, from Parquet to a table of clusters."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def match_with_ours(folder: Path) -> tuple[pa.Table, dict[str, object]]:
    """Clusters (record_id, cluster_id) and the engine's own report of stages and pairs."""
    from transforms.match.engine import match
    from transforms.match.settings import load_config

    settings = load_config(folder / "match.yml")
    table = settings.prepare(read_records(folder))
    config = settings.to_match_config(table)
    found = match(table, config)
    ids = table[config.record_id].combine_chunks().cast(pa.string())
    clusters = pa.table({"record_id": ids, "cluster_id": pa.array(found.cluster_of)})
    return clusters, {"seconds": found.report["seconds"], "pairs": found.report["candidate_pairs"]}


def read_records(folder: Path) -> pa.Table:
    """The records of one file, or of two with a column ``source`` that says which."""
    if (folder / "records.parquet").exists():
        return pq.read_table(folder / "records.parquet")
    tables = [pq.read_table(folder / f"{name}.parquet") for name in ("left", "right")]
    sources = pa.chunked_array([pa.array([n] * t.num_rows) for t, n in zip(tables, ("left", "right"), strict=True)])
    return pa.concat_tables(tables).append_column("source", sources)
