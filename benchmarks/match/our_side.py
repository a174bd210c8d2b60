"""Our side: the engine with the set's ``match.yml`` and nothing else, from Parquet to a table of clusters."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from liandao.match_inputs import open_inputs, read_columns


def match_with_ours(folder: Path) -> tuple[pa.Table, dict[str, object]]:
    """Clusters (record_id, cluster_id) and the engine's own report of stages and pairs."""
    from transforms.match.derive.settings_file import load_config
    from transforms.match.engine import match

    settings = load_config(folder / "match.yml")
    table = settings.prepare(read_records(folder, settings.columns))
    config = settings.to_match_config(table)
    found = match(table, config)
    ids = table[config.record_id].combine_chunks().cast(pa.string())
    clusters = pa.table({"record_id": ids, "cluster_id": pa.array(found.cluster_of)})
    return clusters, {"seconds": found.report["seconds"], "pairs": found.report["candidate_pairs"]}


def read_records(folder: Path, columns: list[str]) -> pa.Table:
    """The records of one file, or of two with a column ``source`` that says which."""
    names = [name for name in ("records", "left", "right") if (folder / f"{name}.parquet").exists()]
    if names == ["records"]:
        return read_columns(open_inputs([folder / "records.parquet"])[0], columns, coded=True)
    files = open_inputs([folder / f"{name}.parquet" for name in names])
    tables = [read_columns(file, [name for name in columns if name != "source"]) for file in files]
    sources = pa.chunked_array([pa.array([n] * t.num_rows) for t, n in zip(tables, names, strict=True)])
    return pa.concat_tables(tables).append_column("source", sources)
