"""The flow through Airflow: the same warehouse as by the command line, failures where they belong, nothing personal."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.registry import Registry, load_registry
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


def test_platform_that_is_down_fails_its_task_and_its_run_but_neither_the_gate_nor_the_others(
    both_ways: BothWays,
) -> None:
    registry = both_ways.registry
    smallest = min(registry.lines, key=lambda line: len(registry.platforms_of(line)))
    platforms = [p.platform_id for p in registry.platforms_of(smallest)]
    with start(both_ways.by_dags, down=platforms[:1]):
        environment = harness.environment(both_ways.airflow, both_ways.project, both_ways.by_dags)
        runs = harness.call(environment, "run", f"ingest_{smallest}")
    run = runs[f"ingest_{smallest}"]
    others = {f"ingest_platform[{i}]": "success" for i in range(1, len(platforms))}
    assert run["tasks"] == {"ingest_platform[0]": "failed", **others, "gate_line": "success", "policy": "failed"}
    assert run["state"] == "failed"


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
