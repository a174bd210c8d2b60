"""State read back from what is published, and the freshness of platforms."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from schemas.arrow import arrow_schema
from schemas.columns import ZONE
from schemas.expect import PERIODS
from schemas.receipts import Cursor, Gated
from schemas.tables import control
from tests.warehouse.batches import Batch, at, sample, usage
from tests.warehouse.generation import grow, rows
from warehouse import state
from warehouse.build import open_build
from warehouse.load import load_batches, load_gates

NOW = datetime(2026, 9, 30, tzinfo=ZoneInfo(ZONE))


def attempt(platform_id: str, *, ok: bool, batch_id: str | None = None, error: str | None = None) -> dict[str, Any]:
    text = None if error is None else "can't be reached"
    return {"platform_id": platform_id, "at": at(8).isoformat(), "ok": ok, "batch_id": batch_id, "error_code": error,
            "error_text": text, "exit_code": 0 if ok else 3}  # fmt: skip


def test_before_the_first_generation_there_is_no_state(home: Path) -> None:
    assert state.read_published(home, NOW) == state.PublishedState(None, {}, {}, {}, frozenset())
    assert state.published_batches(home) == set()


def test_state_is_read_back_from_what_is_published(home: Path) -> None:
    grow(home, "r1", sample().write(home))
    grow(home, "r2", Batch("alpha", "b2", {"usage": [usage("u9", "a", 7)]}).write(home))
    cursors = state.read_published(home).cursors
    assert cursors["alpha", "usage"] == Cursor(at(7).isoformat())
    assert cursors["alpha", "form"] == Cursor(at(0).isoformat())
    assert state.published_batches(home) == {"b1", "b2"}


#  how long after the runs | rows of the last day, week, month, year | periods that are covered
LANDED = [
    (timedelta(minutes=5), [4, 4, 4, 4], []),
    (timedelta(days=2), [0, 4, 4, 4], ["day"]),
    (timedelta(days=8), [0, 0, 4, 4], ["day", "week"]),
    (timedelta(days=400), [0, 0, 0, 0], ["day", "week", "month", "year"]),
]


@pytest.mark.parametrize(("later", "rows_within", "covered"), LANDED, ids=[str(case[0].days) for case in LANDED])
def test_rows_landed_are_counted_back_from_a_moment(
    grown: Path, later: timedelta, rows_within: list[int], covered: list[str]
) -> None:
    landed = state.read_published(grown, datetime.now(tz=ZoneInfo(ZONE)) + later).landed
    assert {stream for _, stream in landed} == {"form", "case", "rating", "survey", "ticket", "usage"}
    usage_rows = landed["alpha", "usage"]
    assert list(usage_rows.within.values()) == rows_within
    assert [period for period in PERIODS if usage_rows.covers(period)] == covered


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs: three rows of use, then one."""
    home = tmp_path_factory.mktemp("grown")
    grow(home, "r1", sample().write(home))
    grow(home, "r2", Batch("alpha", "b2", {"usage": [usage("u9", "a", 7)]}).write(home))
    return home


def test_nothing_moves_before_publication(home: Path) -> None:
    with open_build(home, "r1") as build:
        load_batches(build, [sample().write(home)])
    assert state.read_published(home).cursors == {}


def test_a_batch_loaded_late_does_not_move_the_cursor_back(home: Path) -> None:
    late, early = (Batch("alpha", b, {"usage": [usage(b, "a", n)]}) for b, n in (("b2", 5), ("b1", 1)))
    with open_build(home, "r1") as build:
        for batch in (late, early):
            load_batches(build, [batch.write(home)])
        held = rows(build, "SELECT batch_id FROM warehouse.ctl_cursor")
    assert held == [{"batch_id": "b2"}]


#  attempts after a first good run of alpha and beta | platform -> (stale, error code, knows a last success)
FRESHNESS = [
    ("all good", [attempt("alpha", ok=True, batch_id="b2")], {"alpha": (False, None, True)}),
    ("failed", [attempt("alpha", ok=False, error="LD-2001")], {"alpha": (True, "LD-2001", True)}),
    ("stopped by a gate", [attempt("alpha", ok=True, batch_id="b7")], {"alpha": (True, "LD-3002", True)}),
    ("not tried", [], {"alpha": (False, None, True)}),
    ("never good", [attempt("gamma", ok=False, error="LD-2002")], {"gamma": (True, "LD-2002", False)}),
]


@pytest.mark.parametrize(("attempts", "expected"), [f[1:] for f in FRESHNESS], ids=[f[0] for f in FRESHNESS])
def test_freshness(
    published_once: Path, attempts: list[dict[str, Any]], expected: dict[str, tuple[bool, str | None, bool]]
) -> None:
    with open_build(published_once, "r2") as build:
        load_batches(build, [Batch("alpha", "b2", {"usage": [usage("u9", "a")]}).write(published_once)])
        stale = state.set_platform_states(build, attempts)
        found = {r["platform_id"]: r for r in rows(build, "SELECT * FROM warehouse.ctl_platform_state")}
    for platform, (is_stale, code, succeeded) in expected.items():
        row = found[platform]
        assert (row["is_stale"], row["error_code"], row["last_success_at"] is not None) == (is_stale, code, succeeded)
    assert stale == sum(is_stale for is_stale, _, _ in expected.values())


@pytest.fixture(scope="module")
def published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose first run read alpha and beta well."""
    home = tmp_path_factory.mktemp("states")
    pairs = [sample().write(home), sample("beta", "b1b").write(home)]
    grow(
        home,
        "r1",
        *pairs,
        attempts=[attempt("alpha", ok=True, batch_id="b1"), attempt("beta", ok=True, batch_id="b1b")],
    )
    return home


def test_gate_results_are_kept_once(home: Path) -> None:
    result = {"gate_id": "q1", "line_id": "line_a", "table_name": "core_form", "check_id": "core_form.cert_no.REQUIRED"}
    pq.write_table(
        pa.Table.from_pylist([result], schema=arrow_schema(control.QUALITY_RESULT)), home / "results.parquet"
    )
    gate = Gated("line_a", "q1", ["b1"], True, 1, [], [], "results.parquet")
    with open_build(home, "r1") as build:
        for _ in range(2):
            assert load_gates(build, [gate]) == 1
        assert load_gates(build, []) == 0
        held = rows(build, "SELECT gate_id, check_id FROM warehouse.ctl_quality_result")
    assert held == [{"gate_id": "q1", "check_id": "core_form.cert_no.REQUIRED"}]


def test_settings_are_kept_and_replaced_by_name(home: Path) -> None:
    with open_build(home, "r1") as build:
        state.write_settings(build, {"window_start": "2026-07-01", "scope": "60"})
        state.write_settings(build, {"scope": "61"})
        held = rows(build, "SELECT * FROM warehouse.ctl_setting ORDER BY name")
    assert held == [{"name": "scope", "value": "61"}, {"name": "window_start", "value": "2026-07-01"}]
