"""Our side: the engine with the set's ``match.yml`` and nothing else, from Parquet to a table of clusters."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.match.config import MatchConfig


def match_with_ours(folder: Path) -> tuple[pa.Table, dict[str, object]]:
    """Clusters (record_id, cluster_id) and the engine's own report of stages and pairs."""
    from transforms.match.engine import match

    table, config = _configured(folder)
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


def _configured(folder: Path) -> tuple[pa.Table, MatchConfig]:
    table = read_records(folder)
    try:
        from transforms.match.settings import load_config
    except ImportError:  # until the general front lands: residents by the configuration of the flow
        from transforms.match.persons import PERSONS

        names = {"name": "person_name", "id_no": "cert_no", "sex": "sex_code", "community": "community_code"}
        if "community" not in table.column_names:
            table = table.append_column("community", pa.nulls(table.num_rows, pa.string()))
        born = pa.array([_date(text) for text in table["birth_date"].to_pylist()], pa.date32())
        table = table.set_column(table.column_names.index("birth_date"), "birth_date", born)
        return table.rename_columns([names.get(n, n) for n in table.column_names]), PERSONS
    settings = load_config(folder / "match.yml")
    table = settings.prepare(table)
    return table, settings.to_match_config(table)


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
