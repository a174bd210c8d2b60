"""Judging a folder's clusters, and the page that is written of it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.match.measure import judged
from benchmarks.match.page import by_size, table, write_page

ONE, OTHER = "439901199001010011", "439901199001010038"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ids = ["a", "b", "c", "d"]
    truth = {"record_id": ids, "entity_id": [1, 1, 2, 2], "twins": [5, 5, 5, 5], "namesakes": [-1, -1, -1, -1]}
    pq.write_table(pa.table(truth), tmp_path / "truth.parquet")
    pq.write_table(pa.table({"record_id": ids, "id_no": [ONE, ONE, OTHER, None]}), tmp_path / "records.parquet")
    return tmp_path


def clusters(labels: str) -> pa.Table:
    return pa.table({"record_id": ["d", "c", "b", "a"], "cluster_id": list(labels[::-1])})


@pytest.mark.parametrize(
    ("labels", "f1", "twins", "contradictory"),
    [("xxyy", 1.0, 0, 0), ("xxxy", 0.4, 1, 1), ("xxxx", 0.5, 1, 1), ("xyzw", 0.0, 0, 0)],
)
def test_judged_by_record_id_whatever_the_order(
    folder: Path, labels: str, f1: float, twins: int, contradictory: int
) -> None:
    verdict = judged(clusters(labels), folder)
    assert verdict["pairwise"]["f1"] == pytest.approx(f1)
    assert (verdict["twins_merged"], verdict["namesakes_merged"], verdict["contradictory"]) == (twins, 0, contradictory)


def test_a_record_without_a_cluster_is_an_error(folder: Path) -> None:
    with pytest.raises(ValueError, match="each of 4 records, found 3"):
        judged(clusters("xxyy").slice(1), folder)


def test_the_page_shows_figures_ratios_and_failures(folder: Path) -> None:
    cost = {"cpu_s": 1.0, "peak_mib": 100.0, "pairs": 1234}
    good, bad = judged(clusters("xxyy"), folder), judged(clusters("xxxy"), folder)
    runners = {
        "liandao": {
            **cost,
            "wall_s": 1.0,
            "quality": good,
            "rounds": [{"load_before": 0.5}, {"load_before": 3.0}],
            "started_at": "2026-11-22T20:00+00:00",
        },
        "splink-fast": {**cost, "wall_s": 4.0, "quality": bad, "best": {"weight": 6, "quality": bad}},
        "splink-documented": {"failed": "Traceback\nMemoryError"},
    }
    about = {"set": "chinese", "size": 4, "date": "2026-11-22", "python": "3.11", "cores": 2, "cpu": "x",
             "memory_gib": 24, "load": 0.1, "versions": {"splink": "5.0.0"}}  # fmt: skip
    result = {**about, "runners": runners}
    text = table("chinese-4", result)
    assert "wall 0.25 ×" in text
    assert "1,234" in text
    assert "MemoryError" in text
    assert "| 3 | — | 0.3333 (1) |" in by_size(result)
    write_page(folder / "page.md", {"chinese-4": result})
    page = (folder / "page.md").read_text(encoding="utf-8")
    assert "splink 5.0.0" in page
    assert "连岛 Liandao 2; load 0.5 to 3.0" in page
