"""Found beside planted: the three headline measures and matching; at two more seeds in ``tests/e2e/more_seeds.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.e2e.conftest import Ran

SEEDS = [pytest.param(("--seed", "20260930"), id="default province")]


@pytest.fixture(scope="module", params=SEEDS)
def province(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A province after one run, with its outcome."""
    from tests.e2e.conftest import liandao

    home = tmp_path_factory.mktemp("seed") / "home"
    ran: Ran = liandao(home, "demo", *request.param)
    assert ran.exit_code == 0, ran.messages
    return home, ran.data


def _truth(outcome: dict[str, Any]) -> dict[str, Any]:
    truth: dict[str, Any] = outcome["province"]["truth"]
    return truth


def test_planted_high_use_platforms_are_found_exactly(province: tuple[Path, dict[str, Any]]) -> None:
    outcome = province[1]
    assert sorted(outcome["high_use_platforms"]) == sorted(_truth(outcome)["planted"]["high_use"])
    assert len(outcome["high_use_platforms"]) == 54


@pytest.mark.parametrize(("measure", "planted"), [("M11", "redundant_entry_rate"), ("M26", "satisfaction")])
def test_planted_figure_lies_in_the_interval(province: tuple[Path, dict[str, Any]], measure: str, planted: str) -> None:
    figure, truth = province[1]["figures"][measure], _truth(province[1])["planted"][planted]
    assert figure["lower"] <= truth <= figure["upper"]
    assert abs(figure["value"] - truth) < 0.02
    assert figure["rule_version"]
    assert figure["value"] == pytest.approx(figure["numerator"] / figure["denominator"])


def test_persons_are_matched(province: tuple[Path, dict[str, Any]]) -> None:
    persons = _truth(province[1])["persons"]
    assert persons["precision"] >= 0.99
    assert persons["recall"] >= 0.95


def test_no_person_has_two_different_valid_identity_numbers(province: tuple[Path, dict[str, Any]]) -> None:
    """Valid is judged here from the words of GB 11643, not by the engine's code."""
    current = province[0] / "published" / "current"
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{current / 'vault.duckdb'}' AS vault (READ_ONLY)")
        con.execute(f"ATTACH '{current / 'warehouse.duckdb'}' AS warehouse (READ_ONLY)")
        numbers = con.execute(
            """SELECT person_id, list(DISTINCT upper(cert_no)) FROM vault.link_person_record
               JOIN warehouse.link_person USING (record_id)
               WHERE regexp_full_match(cert_no, '[1-8]\\d{16}[0-9Xx]') GROUP BY person_id"""
        ).fetchall()
    assert len(numbers) > 100
    contradictory = [person for person, found in numbers if sum(map(_has_check_digit, found)) > 1]
    assert contradictory == []


def _has_check_digit(number: str) -> bool:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[sum(w * int(d) for w, d in zip(weights, number[:17], strict=True)) % 11] == number[17]
