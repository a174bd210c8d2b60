"""A row of the warehouse leads back to the row that was landed, and a figure to its rows, without any code of ours."""

from __future__ import annotations

import json
import random
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from tests.e2e.conftest import Ran

STREAMS = {
    "form": ("core_form", "fact_form"),
    "case": ("core_case", "fact_case"),
    "rating": ("core_rating", "fact_rating"),
    "usage": ("core_usage_event", "fact_usage"),
}
"""Stream -> where its rows are, and where they are masked."""
SAMPLE = 250


def attached(home: Path) -> duckdb.DuckDBPyConnection:
    folder = home / "published" / (home / "published" / "current").readlink()
    con = duckdb.connect(":memory:")
    con.execute("SET TimeZone = 'Asia/Shanghai'")
    for tier in ("vault", "warehouse"):
        con.execute(f"ATTACH '{folder / tier}.duckdb' AS {tier} (READ_ONLY)")
    return con


def test_a_thousand_rows_lead_back_to_the_file_and_row_that_was_landed(first_run: tuple[Path, Ran]) -> None:
    """From a record of a fact table to platform, batch, unit and row; the key that stands there, in the field that the
    receipt names, is the record's."""
    home, traced = first_run[0], 0
    with attached(home) as con:
        for stream, (core, fact) in STREAMS.items():
            rows = con.execute(
                "SELECT f.record_id, c.platform_id, c.source_key, c.batch_id, c.landed_row, b.key_field, b.landed_files"
                f" FROM warehouse.{fact} AS f JOIN vault.{core} AS c USING (record_id)"
                " JOIN warehouse.ctl_batch AS b ON b.platform_id = c.platform_id AND b.batch_id = c.batch_id"
                " AND b.stream = ? ORDER BY f.record_id",
                [stream],
            ).fetchall()
            for record_id, platform, key, batch, landed_row, field, files in random.Random(7).sample(rows, SAMPLE):  # noqa: S311
                (path,) = (home / file["path"] for file in json.loads(files))
                landed = pq.read_table(path, columns=["_row", "_unit", "_unit_row", field])
                at = landed["_row"].index(landed_row).as_py()
                place = {name: landed[name][at].as_py() for name in landed.column_names}
                assert record_id == f"{platform}:{stream}:{key}"
                assert (path.parent.name, path.parent.parent.name) == (batch, platform)
                assert place[field].strip() == key, record_id
                assert place["_unit"]
                assert place["_unit_row"] >= 0
                traced += 1
    assert traced == SAMPLE * len(STREAMS) == 1000


def test_the_redundant_entry_rate_is_made_of_entries_that_are_there(first_run: tuple[Path, Ran]) -> None:
    with attached(first_run[0]) as con:
        value, numerator, denominator, start, end = con.execute(
            "SELECT value, numerator, denominator, window_start, window_end FROM warehouse.mart_figure"
            " WHERE measure_id = 'M11' AND grain = 'province'"
        ).fetchone() or (None,) * 5
        typed = con.execute(
            "SELECT count(*), count(*) FILTER (WHERE class_code = 'cross'), count(f.entry_id)"
            " FROM warehouse.mart_entry_class AS e LEFT JOIN warehouse.fact_entry AS f USING (entry_id)"
            " WHERE class_code IN ('first', 'cross', 'intra', 'conflict') AND e.entered_at::DATE BETWEEN ? AND ?",
            [start, end],
        ).fetchone()
    assert value == numerator / denominator
    assert typed == (denominator, numerator, denominator)
