"""The curve over sizes, what it is drawn on to, and the table that is put between the marks of its page."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.match import scale

SIZES = (100_000, 1_000_000, 10_000_000)


def row(records: int, wall: float, peak: float) -> dict[str, object]:
    cost = {"wall_s": round(wall, 6), "cpu_s": round(wall, 6), "peak_mib": peak}
    return {"records": records, **cost, "pairs": 2 * records, "f1": 0.998}


def rows(exponent: float) -> list[dict[str, object]]:
    """2e-5 n ^ exponent seconds; 300 MiB and a kibibyte for each record."""
    return [row(n, 2e-5 * n**exponent, 300 + n / 1024) for n in SIZES]


@pytest.mark.parametrize("exponent", [1.0, 1.04, 1.5])
def test_what_grows_by_a_law_is_drawn_on_by_it(exponent: float) -> None:
    growth = scale.Growth.of(rows(exponent))
    assert (growth.b, growth.c, growth.d) == pytest.approx((exponent, 300, 1 / 1024))
    assert growth.at(66_000_000) == pytest.approx((2e-5 * 66e6**exponent, 300 + 66e6 / 1024))
    assert max(growth.off_wall, growth.off_peak) < 1e-6


def test_a_row_off_the_curve_is_owned_up_to() -> None:
    measured = [row(n, wall, 300 + n / 1024) for n, wall in ((1_000_000, 20.0), (3_000_000, 60.0), (10_000_000, 400.0))]
    assert 0.1 < scale.Growth.of(measured).off_wall < 0.5
    assert "off by at most 0%" not in scale.extrapolated(measured).split("memory")[0]


def test_one_size_is_no_curve() -> None:
    assert scale.extrapolated(rows(1.0)[:1]) == ""


def test_the_page_keeps_what_is_around_the_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "PAGE", tmp_path / "scale.md")
    scale.PAGE.write_text(f"before\n{scale.BEGIN}\nnot yet\n{scale.END}\nbehind\n", encoding="utf-8")
    for _ in range(2):  # and again over its own table
        scale.write_page([*rows(1.0)[:2], {**rows(1.0)[2], "full_wall_s": 300.0, "night_wall_s": 9.0}])
    page = scale.PAGE.read_text(encoding="utf-8")
    assert page.startswith(f"before\n{scale.BEGIN}\n| ")
    assert page.endswith(f"{scale.END}\nbehind\n")
    assert "not yet" not in page
    assert "| 10,000,000 | 200.0 |" in page
    assert "3.0%" in page
    assert page.count("not measured") == 1
    assert "66 M residents (528,000,000): 2.9 h, 504 GiB" in page


def test_the_page_of_the_repository_has_the_marks_once() -> None:
    page = scale.PAGE.read_text(encoding="utf-8")
    assert [page.count(f"\n{mark}\n") for mark in (scale.BEGIN, scale.END)] == [1, 1]


def test_large_sizes_are_put_together_from_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale, "PIECE", 1500)
    scale.make(tmp_path / "whole", 3000, seed=1)
    records, truth = (pq.read_table(tmp_path / "whole" / f"{name}.parquet") for name in ("records", "truth"))
    assert records.num_rows == truth.num_rows > 3000 * 0.9
    assert set(records["record_id"].to_pylist()) == set(truth["record_id"].to_pylist())
    assert len(set(records["record_id"].to_pylist())) == records.num_rows
    by_piece = [{e for r, e in zip(*truth.to_pydict().values(), strict=True) if r.endswith(f"/{n}")} for n in (0, 1)]
    assert all(by_piece)
    assert not by_piece[0] & by_piece[1]
