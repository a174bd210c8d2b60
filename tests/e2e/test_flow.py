"""The whole flow, on real protocols, through the command line."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.e2e.conftest import Ran
from tests.liandao.calling import assert_shaped
from warehouse.lock import run_lock

Call = Callable[..., Ran]
FATES = ("accepted", "quarantined", "dropped")


def test_first_run_reads_every_platform(first_run: tuple[Path, Ran]) -> None:
    outcome = first_run[1].data
    assert_shaped("demo", outcome)
    assert outcome["platforms_read"] == 132
    assert outcome["platforms_failed"] == {}
    assert outcome["exit_code"] == 0


def test_rows_are_conserved(first_run: tuple[Path, Ran]) -> None:
    rows = first_run[1].data["rows"]
    assert rows["extracted"] == rows["landed"] == sum(rows[f] for f in FATES)
    assert all(rows[f] > 0 for f in FATES)


def test_balance_holds_for_every_platform_and_stream(first_run: tuple[Path, Ran], call: Call) -> None:
    ran = call(first_run[0], "balance")
    assert ran.exit_code == 0
    sheet = ran.data["streams"]
    assert len({s["platform_id"] for s in sheet}) == 132
    for s in sheet:
        assert s["extracted"] == s["landed"] == s["accepted"] + s["quarantined"] + s["dropped"], s
        assert s["accepted"] == s["inserted"] + s["updated"] + s["unchanged"] + s["superseded"], s


def test_second_run_extracts_only_what_is_new(copied_home: Path, first_run: tuple[Path, Ran], call: Call) -> None:
    second = call(copied_home, "demo")
    assert second.exit_code == 0, second.messages
    first_rows, rows = first_run[1].data["rows"], second.data["rows"]
    assert 0 < rows["extracted"] < 0.05 * first_rows["extracted"]
    assert second.data["province"]["truth"]["planted"]["persons"] > 0
    _stand_still_without_truth(copied_home, second, call)
    assert call(copied_home, "balance").exit_code == 0


def _stand_still_without_truth(home: Path, before: Ran, call: Call) -> None:
    """Nothing new happened: nothing is extracted. The truth is gone: nothing but the comparison changes."""
    shutil.rmtree(home / "province" / "truth")
    ran = call(home, "demo", "--days", "0")
    assert ran.exit_code == 0, ran.messages
    assert ran.data["rows"]["extracted"] == 0
    assert ran.data["province"]["truth"] is None
    assert_shaped("demo", ran.data)
    assert ran.data["figures"] == before.data["figures"]


def test_row_deleted_from_landing_fails_the_run_with_exit_code_4(copied_home: Path, call: Call) -> None:
    landed = max((copied_home / "landing").glob("*/*/*.parquet"), key=lambda p: p.stat().st_size)
    table = pq.read_table(landed)
    pq.write_table(table.slice(1), landed, compression="zstd")
    assert call(copied_home, "balance").exit_code == 4
    before = (copied_home / "published" / "current").resolve()
    ran = call(copied_home, "demo")
    assert ran.exit_code == 4
    assert json.loads(ran.messages.splitlines()[-1])["error"] == "LD-3001"
    assert (copied_home / "published" / "current").resolve() == before


def test_five_platforms_down_leave_the_other_127_published(copied_home: Path, call: Call) -> None:
    platforms = call(copied_home, "platforms").data
    families = {p["family"]: p["platform_id"] for p in platforms}
    down = sorted(families.values())
    assert len(down) == 5
    ran = call(copied_home, "demo", "--down", ",".join(down))
    assert ran.exit_code == 1, ran.messages
    assert sorted(ran.data["platforms_failed"]) == down
    assert ran.data["platforms_read"] == 127
    states = {p["platform_id"]: p["state"] for p in call(copied_home, "platforms").data}
    assert sorted(p for p, s in states.items() if "stale" in s) == down
    kept = call(copied_home, "sql", f"SELECT count(*) n FROM fact_usage WHERE platform_id = '{down[0]}'")
    assert kept.data[0]["n"] > 0


def test_second_run_of_the_same_home_at_once_is_refused(copied_home: Path, call: Call) -> None:
    with run_lock(copied_home):
        ran = call(copied_home, "run")
    assert ran.exit_code == 2
    assert json.loads(ran.messages.splitlines()[-1])["error"] == "LD-4002"


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        (("platforms",), 0),
        (("metrics",), 0),
        (("metrics", "--rules"), 0),
        (("doctor",), 0),
        (("sql", "SELECT count(*) FROM dim_platform"), 0),
        (("sql", "DELETE FROM dim_platform"), 2),
        (("sql", "SELECT * FROM read_text('/etc/hostname')"), 2),
        (("sql", "ATTACH 'vault.duckdb'"), 2),
        (("check", "no_such_platform", "--offline"), 2),
        (("frobnicate",), 2),
    ],
    ids=lambda v: " ".join(v)[:40] if isinstance(v, tuple) else str(v),
)
def test_commands_answer_with_their_exit_codes(
    words: tuple[str, ...], exit_code: int, first_run: tuple[Path, Ran], call: Call
) -> None:
    assert call(first_run[0], *words).exit_code == exit_code


def test_run_without_a_project_is_a_configuration_error(tmp_path: Path, call: Call) -> None:
    ran = call(tmp_path / "empty", "run")
    assert ran.exit_code == 2
    assert json.loads(ran.messages.splitlines()[-1])["error"] == "LD-1001"
