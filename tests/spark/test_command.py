"""The command line gives the same files on both engines."""

from __future__ import annotations

from pathlib import Path

import pyarrow.csv as pc
import pyarrow.parquet as pq
from pyspark.sql import SparkSession
from typer.testing import CliRunner

from liandao.cli import app
from tests.transforms.match.general_people import articles


def test_both_engines_write_the_same_files(session: SparkSession, tmp_path: Path) -> None:
    assert session is not None  # the command finds the one that runs
    pc.write_csv(articles(200)[0], tmp_path / "goods.csv")
    config = tmp_path / "match.yml"
    config.write_text("id: rec_id\nfields: {title: text, price: number}\n", encoding="utf-8")
    for engine in ("duckdb", "spark"):
        call = ["match", str(tmp_path / "goods.csv"), "--config", str(config), "--out", str(tmp_path / engine)]
        ran = CliRunner().invoke(app, [*call, "--engine", engine])
        assert ran.exit_code == 0, ran.output
    for name in ("clusters", "pairs", "review", "sample"):
        alone, spread = (pq.read_table(tmp_path / engine / f"{name}.parquet") for engine in ("duckdb", "spark"))
        assert alone.equals(spread), name
        assert alone.num_rows or name == "review"
    assert (tmp_path / "spark" / "report.html").stat().st_size > 10_000
