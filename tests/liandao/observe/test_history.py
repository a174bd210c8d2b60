"""Run history: what the warehouse keeps of past runs, and what usually takes how long."""

from __future__ import annotations

import json
import os
import socket
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

import pytest

from liandao.home import now
from liandao.observe.events import FOLDER, read_events
from liandao.observe.history import LEAST_SAMPLES, RUN, read_usual, steps_told
from liandao.observe.listing import list_runs, show_run
from liandao.settings import Settings
from schemas.errors import UsageError
from tests.liandao.calling import Call, assert_shaped
from tests.liandao.observe.conftest import AWAY
from warehouse import reader
from warehouse.lock import run_lock


def write_events(home: Path, *events: dict[str, object]) -> None:
    """Events as a run would have told them, a second apart unless they say when."""
    folder, begin = home / FOLDER, now() - timedelta(hours=1)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{begin:%Y-%m}.jsonl").open("a", encoding="utf-8") as file:
        for number, event in enumerate(events):
            at = (begin + timedelta(seconds=number)).isoformat()
            file.write(json.dumps({"v": 1, "id": f"e{begin.timestamp()}{number:04d}", "at": at, **event}) + "\n")


def started(run_id: str, at: datetime | None = None) -> dict[str, object]:
    return {"kind": "run.started", "run_id": run_id, "program": "1"} | ({"at": at.isoformat()} if at else {})


def ended(run_id: str, seconds: float, error_code: str | None = None) -> dict[str, object]:
    return {"kind": "run.ended", "run_id": run_id, "seconds": seconds, "error_code": error_code}


def failed(platform_id: str) -> dict[str, object]:
    return {"kind": "platform.failed", "platform_id": platform_id, "error_code": "LD-2001", "transient": True}


def test_the_warehouse_keeps_every_step_once(bureau: Settings, run_ids: list[str]) -> None:
    """The last generation holds all that was told before its loading: counted from the lines, not from the loader."""
    with reader.connect(bureau.home) as con:
        rows = con.execute("SELECT * FROM warehouse.ctl_run_step ORDER BY started_at, event_id").to_arrow_table()
    held = rows.to_pylist()
    told = read_events(bureau.home)
    loading = next(i for i, e in enumerate(told) if e["kind"] == "step.done" and e["run_id"] == run_ids[1])
    kinds = ("run.ended", "platform.read", "platform.failed", "gate.judged", "step.done")
    assert {r["event_id"] for r in held} == {e["id"] for e in told[:loading] if e["kind"] in kinds}
    assert len(held) == len({r["event_id"] for r in held})
    read = [(r["run_id"], r["platform_id"], r["row_count"], r["error_code"]) for r in held if r["step_code"] == "read"]
    assert read[:2] == [(run_ids[0], "patrol_log", 3, None), (run_ids[0], "gate_log", 4, None)]
    assert (run_ids[1], AWAY) in [(run, platform) for run, platform, _, code in read if code]


def test_past_runs_are_listed_with_what_failed(bureau: Settings, run_ids: list[str], call: Call) -> None:
    listed = call("runs", "--json", "--project", bureau.project)
    assert_shaped("runs", listed.data)
    about = ("run_id", "state", "generation", "platforms_read", "platforms_failed", "rows")
    assert [tuple(r[name] for name in about) for r in listed.data] == [
        (run_ids[1], "done", 2, 1, 1, 0), (run_ids[0], "done", 1, 2, 0, 7),
    ]  # fmt: skip
    shown = call("runs", run_ids[0], "--json", "--project", bureau.project)
    assert_shaped("runs", shown.data)
    steps = [s["step"] for s in shown.data["steps"]]
    assert sorted(steps) == sorted(["run", "read", "read", "judge", "load", "match", "measure", "publish"])
    assert run_ids[0] in call("runs", "--project", bureau.project).out
    assert "judge" in call("runs", run_ids[0], "--project", bureau.project).out
    with pytest.raises(UsageError):
        show_run(bureau.home, "r0")


def test_what_no_run_read_belongs_to_the_next_that_began() -> None:
    """So it is in Airflow, where lines are read by tasks of their own."""
    told = [failed("a"), started("r1"), failed("b"), ended("r1", 1), failed("c"), started("r2"), ended("r2", 1)]
    rows = steps_told([{"id": str(n), "at": now(), **e} for n, e in enumerate([*told, failed("d")])], "r3")
    assert [(r["platform_id"], r["run_id"]) for r in rows if r["platform_id"]] == [
        ("a", "r1"), ("b", "r1"), ("c", "r2"), ("d", "r3"),
    ]  # fmt: skip


def test_nothing_is_usual_before_five_runs(tmp_path: Path) -> None:
    seconds = [10.0, 20.0, 30.0, 40.0, 100.0]
    for number, took in enumerate(seconds[: LEAST_SAMPLES - 1]):
        write_events(tmp_path, started(f"r{number}"), ended(f"r{number}", took))
    write_events(tmp_path, started("r8"), ended("r8", 9999.0, "LD-3001"))  # how long a failure took says nothing
    assert read_usual(tmp_path) == {}
    write_events(tmp_path, started("r9"), ended("r9", seconds[-1]))
    usual = read_usual(tmp_path)[RUN, None]
    assert (usual.samples, usual.median_seconds) == (5, median(seconds))
    assert usual.p90_seconds == pytest.approx(40 + 0.6 * (100 - 40))  # linear between the fourth and the fifth


def test_a_run_that_is_on_and_one_that_was_cut_off(tmp_path: Path) -> None:
    for number in range(5):
        write_events(tmp_path, started(f"r{number}"), ended(f"r{number}", 60.0))
    begun = now()
    write_events(tmp_path, started("r6", begun))
    with run_lock(tmp_path):
        newest, *_ = list_runs(tmp_path, 3)
    assert (newest.run_id, newest.state, newest.seconds) == ("r6", "running", None)
    assert newest.probable_end == begun + timedelta(seconds=60)
    owner = {"pid": 2**22 + 1, "host": socket.gethostname(), "since": begun.isoformat(timespec="seconds")}
    (tmp_path / "run.lock").write_text(json.dumps(owner), encoding="utf-8")  # as a process that was killed leaves it
    assert not os.path.exists(f"/proc/{owner['pid']}")
    assert list_runs(tmp_path, 1)[0].state == "interrupted"
