"""The flow through Airflow: the same warehouse as by the command line, failures where they belong, nothing personal."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from connectors.registry import Registry, load_registry
from dags.names import RELEASE_ID
from liandao.aside import read_aside
from liandao.batches import unpublished
from liandao.home import load_key
from liandao.init import add_skeleton
from liandao.observe.events import EventDict, read_events
from province.make import WINDOW, make_province
from province.project_files import write_project
from province.serve import start
from schemas.project import use
from tests.dags import harness
from tests.liandao.calling import assert_shaped
from warehouse import reader

pytestmark = pytest.mark.slow

PERSONAL = ("person_name", "cert_no", "phone", "address", "bank_account")
SHORTEST_VALUE = 3
RELEASED: dict[str, Any] = {"chosen_options": ["放行 release"], "params_input": {"reason": "已向来源核实"}}


@dataclass(frozen=True)
class BothWays:
    """One province, run by the command line in one home and by the DAGs in another."""

    registry: Registry
    project: Path
    by_command_line: Path
    by_dags: Path
    airflow: Path
    runs: dict[str, Any]


@pytest.fixture(scope="module")
def both_ways(tmp_path_factory: pytest.TempPathFactory, airflow_home: Path) -> BothWays:
    folder = tmp_path_factory.mktemp("both")
    root, first, second, airflow = (folder / name for name in ("project", "first", "second", "airflow"))
    write_project(root, make_province(first, 11, 300, 8).communities, WINDOW)
    add_skeleton(root, "demo", "省", "province")
    use(root)
    registry = load_registry()
    load_key(first)
    shutil.copytree(first, second)
    shutil.copytree(airflow_home, airflow)
    with start(first):
        told = ("run", "--json", "--project", str(root), "--home", str(first))
        command = [sys.executable, "-c", "from liandao.cli import main; main()", *told]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert_shaped("run", json.loads(done.stdout))
    with start(second):
        runs = harness.call(harness.environment(airflow, root, second), "run", *ingest_ids(registry), "unify")
    return BothWays(registry, root, first, second, airflow, runs)


def ingest_ids(registry: Registry) -> list[str]:
    return [f"ingest_{line}" for line in registry.lines]


def checksum(home: Path) -> str:
    with reader.connect(home) as con:
        (found,) = con.execute(
            "SELECT checksum FROM warehouse.ctl_run ORDER BY generation DESC LIMIT 1"
        ).fetchone() or ("",)
    return str(found)


def test_every_run_and_task_succeeds(both_ways: BothWays) -> None:
    assert {dag_id: run["state"] for dag_id, run in both_ways.runs.items()} == dict.fromkeys(
        [*ingest_ids(both_ways.registry), "unify"], "success"
    )
    runs = [both_ways.runs[dag_id] for dag_id in ingest_ids(both_ways.registry)]
    tasks = [t for run in runs for t in run["tasks"] if t.startswith("ingest_platform")]
    assert len(tasks) == len(both_ways.registry.platforms)


def test_airflow_and_the_command_line_give_the_same_warehouse_checksum(both_ways: BothWays) -> None:
    assert checksum(both_ways.by_dags) == checksum(both_ways.by_command_line) != ""


def test_event_of_a_line_carries_the_numbers_of_what_is_landed_and_accepted(both_ways: BothWays) -> None:
    for line in both_ways.registry.lines:
        (extra,) = both_ways.runs[f"ingest_{line}"]["events"].values()
        platforms = [p.platform_id for p in both_ways.registry.platforms_of(line)]
        assert extra["platforms_read"] == len(platforms)
        assert extra["platforms_missing"] == []
        assert extra["rows_landed"] == sum(rows_landed(both_ways.by_dags, p) for p in platforms)
        assert extra["rows_accepted"] + extra["rows_refused"] == extra["rows_landed"]
        assert datetime.fromisoformat(extra["oldest_read_at"]) <= datetime.fromisoformat(extra["newest_read_at"])
    assert list(both_ways.runs["unify"]["events"]) == ["warehouse"]


def rows_landed(home: Path, platform_id: str) -> int:
    """Rows of a platform's landed files, as Parquet itself says."""
    return sum(pq.read_metadata(path).num_rows for path in (home / "landing" / platform_id).rglob("*.parquet"))


@dataclass(frozen=True)
class ByHand:
    """Runs that a person started, on the line with the fewest platforms, whose first is down."""

    dag_id: str
    platforms: list[str]
    runs: dict[str, Any]
    batches: list[str]
    attempts: dict[str, Any]


@pytest.fixture(scope="module")
def by_hand(both_ways: BothWays) -> ByHand:
    registry, home = both_ways.registry, both_ways.by_dags
    line = min(registry.lines, key=lambda line: len(registry.platforms_of(line)))
    dag_id, platforms = f"ingest_{line}", [p.platform_id for p in registry.platforms_of(line)]
    asked = {
        "plain": {},
        "dry": {"conf": {"dry_run": True, "platforms": platforms[1:]}},
        "one, from the beginning": {"conf": {"platforms": platforms[1:2], "full_refresh": True, "since": "2026-09-01"}},
        "too slow": {"timeouts": {"ingest_platform": 0.001}, "conf": {"tolerated_failures": len(platforms)}},
        "release": {"set_aside": "行数可疑", "answer": RELEASED},
    }
    before = set((home / "landing").glob("*/*"))
    ids = [dag_id] * (len(asked) - 1) + [RELEASE_ID]
    words = [f"{name}?{json.dumps(options)}" for name, options in zip(ids, asked.values(), strict=True)]
    with start(home, down=platforms[:1]):
        runs = harness.call(harness.environment(both_ways.airflow, both_ways.project, home), "run", *words)
    new = [str(path.relative_to(home / "landing")) for path in sorted(set((home / "landing").glob("*/*")) - before)]
    attempts = {p: json.loads((home / "attempts" / f"{p}.json").read_text("utf-8")) for p in platforms}
    return ByHand(dag_id, platforms, dict(zip(asked, runs.values(), strict=True)), new, attempts)


def states_of(run: dict[str, Any]) -> tuple[list[str], str, str]:
    states = dict(run["tasks"])
    gate, policy = states.pop("gate_line"), states.pop("policy")
    return [states[f"ingest_platform[{i}]"] for i in range(len(states))], gate, policy


def test_both_tell_the_same_events(both_ways: BothWays) -> None:
    """What was read, judged, done and published, and that a run ended well, whoever went through it."""
    told = [read_events(home) for home in (both_ways.by_command_line, both_ways.by_dags)]
    assert len({frozenset(Counter(map(_what, events)).items()) for events in told}) == 1
    for events in told:
        (ended,) = (e for e in events if e["kind"] == "run.ended")
        assert ended["error_code"] is None
    assert (both_ways.by_dags / "metrics" / "liandao.prom").is_file()


def _what(event: EventDict) -> tuple[object, ...]:
    about = ("platform_id", "line_id", "extracted", "accepted", "quarantined", "dropped", "passed", "step")
    return (event["kind"], *(event.get(name) for name in (*about, "generation")))


def test_platform_that_is_down_fails_its_task_and_its_run_but_neither_the_gate_nor_the_others(by_hand: ByHand) -> None:
    run, others = by_hand.runs["plain"], ["success"] * (len(by_hand.platforms) - 1)
    assert states_of(run) == (["failed", *others], "success", "failed")
    assert run["state"] == "failed"
    (extra,) = run["events"].values()
    assert extra["platforms_missing"] == by_hand.platforms[:1]


def test_a_platforms_task_bears_its_chinese_title_and_its_id(both_ways: BothWays, by_hand: ByHand) -> None:
    titles = [f"{both_ways.registry.platforms[p].file.title.zh} {p}" for p in by_hand.platforms]
    labels = by_hand.runs["plain"]["labels"]
    assert [labels[f"ingest_platform[{i}]"] for i in range(len(titles))] == titles


def test_dry_run_asks_and_takes_nothing(by_hand: ByHand) -> None:
    run, asked = by_hand.runs["dry"], ["success"] * (len(by_hand.platforms) - 1)
    assert states_of(run) == (["skipped", *asked], "skipped", "success")
    assert run["events"] == {}


def test_run_of_chosen_platforms_from_the_beginning_reads_them_alone_and_whole(
    both_ways: BothWays, by_hand: ByHand
) -> None:
    others = ["skipped"] * (len(by_hand.platforms) - 2)
    assert states_of(by_hand.runs["one, from the beginning"]) == (
        ["skipped", "success", *others], "success", "success",
    )  # fmt: skip
    chosen = by_hand.platforms[1]
    (batch,) = by_hand.batches
    assert batch.startswith(f"{chosen}/")
    assert rows_landed(both_ways.by_dags, chosen) == 2 * rows_landed(both_ways.by_command_line, chosen) > 0


def test_platform_that_outlasts_its_time_fails_once_and_counts_as_stale(by_hand: ByHand) -> None:
    run = by_hand.runs["too slow"]
    assert states_of(run) == (["failed"] * len(by_hand.platforms), "success", "success")
    assert {attempt["error_code"] for attempt in by_hand.attempts.values()} == {"LD-2005"}


def test_no_error_of_our_own_writes_a_traceback(both_ways: BothWays, by_hand: ByHand) -> None:
    said = (both_ways.airflow / "said.log").read_text(encoding="utf-8")
    assert "LD-2001" in said
    assert "LD-2005" in said
    assert f"liandao check {by_hand.platforms[0]}" in said
    assert "Traceback" not in said


def test_backfill_is_refused_before_anything_begins(both_ways: BothWays, by_hand: ByHand) -> None:
    program = Path(sys.executable).parent / "airflow"
    days = ("--from-date", "2026-01-01", "--to-date", "2026-01-03")
    environment = harness.environment(both_ways.airflow, both_ways.project, both_ways.by_dags)
    command = [program, "backfill", "create", "--dag-id", by_hand.dag_id, *days]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "does not allow backfill runs" in done.stdout + done.stderr
    with sqlite3.connect(both_ways.airflow / "airflow.db") as con:
        kinds = {kind for (kind,) in con.execute("SELECT DISTINCT run_type FROM dag_run")}
        stored = "SELECT DISTINCT dag_id FROM serialized_dag s JOIN deadline_alert d ON d.serialized_dag_id = s.id"
        alerted = {dag_id for (dag_id,) in con.execute(stored)}
    assert kinds == {"manual"}
    assert alerted == {*ingest_ids(both_ways.registry), "unify"}, "what the scheduler watches"


def test_batch_set_aside_is_released_by_the_answer_of_a_person(both_ways: BothWays, by_hand: ByHand) -> None:
    home, batch_id = both_ways.by_dags, by_hand.batches[0].split("/")[1]
    tasks = by_hand.runs["release"]["tasks"]
    assert tasks == dict.fromkeys(["list_aside", "batch.decide[0]", "batch.act[0]"], "success")
    assert read_aside(home) == {}
    kept = json.loads((home / "aside" / "released" / f"{batch_id}.json").read_text(encoding="utf-8"))
    assert (kept["reason"], kept["aside"]["reason"]) == (RELEASED["params_input"]["reason"], "行数可疑")
    assert kept["by"]
    assert [batch.landed.batch_id for batch in unpublished(home) if batch.state != "aside"] == [batch_id]


def personal_values(home: Path) -> set[str]:
    vault = (home / "published" / "current" / "vault.duckdb").resolve()
    with duckdb.connect(str(vault), read_only=True) as con:
        found = [con.execute(f"SELECT DISTINCT {column} FROM core_form").fetchall() for column in PERSONAL]
    return {str(v) for rows in found for (v,) in rows if v and len(str(v)) >= SHORTEST_VALUE}


def test_nothing_personal_is_in_airflows_database_or_logs(both_ways: BothWays) -> None:
    values = personal_values(both_ways.by_dags)
    assert len(values) > 1000
    texts = {path.name: path.read_bytes() for path in both_ways.airflow.rglob("*") if path.is_file()}
    assert any(name.endswith(".db") for name in texts)
    assert len(texts["said.log"]) > 10_000
    leaks = []
    for name, text in texts.items():
        for value in values:
            forms = (value.encode(), json.dumps(value)[1:-1].encode())
            leaks += [name for form in forms if form in text]
    assert leaks == []
