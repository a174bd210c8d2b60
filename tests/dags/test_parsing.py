"""All DAGs parse, agree with the registry, and end in a verdict."""

import itertools
import re
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.registry import load_registry
from dags.late import say_late
from dags.names import RELEASE_ID
from dags.pools import pools
from liandao import flow, workers
from schemas import project
from tests.conftest import PROJECT as TESTS
from tests.dags import harness
from tests.dags.harness import ROOT

PROJECT = ROOT / "examples" / "county"
project.use(PROJECT)
REGISTRY = load_registry()
project.use(TESTS)
LINES = sorted(REGISTRY.lines)
CHINESE = re.compile("[\u4e00-\u9fff]")
LONGEST_TASK_S = 10_800
STEPS = ["load", "match", "measure", "publish", "report"]


def test_there_is_one_ingest_dag_for_each_line_one_unify_dag_and_one_that_asks(parsed: dict[str, Any]) -> None:
    assert parsed["errors"] == {}
    assert sorted(parsed["dags"]) == sorted([*(f"ingest_{line}" for line in LINES), "unify", RELEASE_ID])


def test_every_dag_has_owner_tags_and_page_and_never_overtakes_itself(parsed: dict[str, Any]) -> None:
    for dag_id, dag in parsed["dags"].items():
        assert dag["owner"] not in ("", "airflow"), dag_id
        assert dag["tags"], dag_id
        assert dag["doc"], dag_id
        assert dag["max_active_runs"] == 1, dag_id
        assert dag["catchup"] is False, dag_id


def test_every_dag_task_and_field_of_a_form_has_a_chinese_name_and_says_what_it_is(parsed: dict[str, Any]) -> None:
    for dag_id, dag in parsed["dags"].items():
        fields = dag["form"].values()
        titles = [field["schema"]["title"] for field in fields] + [field["description"] for field in fields]
        names = [dag["name"], dag["description"], *(task["name"] for task in dag["tasks"].values())]
        assert [name for name in names + titles if not CHINESE.search(name)] == [], dag_id


def test_no_task_and_no_run_of_a_night_is_without_an_end(parsed: dict[str, Any]) -> None:
    for dag_id, dag in parsed["dags"].items():
        assert {task["timeout_s"] for task in dag["tasks"].values()} == {LONGEST_TASK_S}, dag_id
    nightly = {dag_id: dag["deadlines"] for dag_id, dag in parsed["dags"].items() if dag_id != RELEASE_ID}
    for dag_id, deadlines in nightly.items():
        ((reference, seconds, _),) = deadlines
        assert reference == "DagRunQueuedAtDeadline", dag_id
        assert seconds > LONGEST_TASK_S, dag_id


def test_deadline_names_the_run_that_is_late_and_what_to_look_at(caplog: pytest.LogCaptureFixture) -> None:
    context = {"dag_run": {"dag_id": "ingest_civil", "dag_run_id": "scheduled__x"}, "deadline": {}}
    line = say_late(context, hours=4)
    assert caplog.messages == [line]
    assert "4" in line
    assert "airflow tasks states-for-dag-run ingest_civil scheduled__x" in line


def test_unify_runs_in_the_morning_though_a_line_hangs(parsed: dict[str, Any]) -> None:
    morning = datetime.fromisoformat(parsed["dags"]["unify"]["next_by_time"])
    assert morning.strftime("%H:%M %z") == "06:30 +0800"


def test_no_dag_takes_a_backfill(parsed: dict[str, Any]) -> None:
    assert [dag_id for dag_id, dag in parsed["dags"].items() if "backfill" in dag["run_types"]] == []


def test_owner_of_a_line_is_linked_where_its_file_says_how_it_is_reached(parsed: dict[str, Any]) -> None:
    links = {line_id: parsed["dags"][f"ingest_{line_id}"]["owner_links"] for line_id in LINES}
    linked = {line_id: link for line_id, link in links.items() if link}
    assert linked == {"civil": {"示例县民政局": "mailto:xxzx@minzheng.shilixian.example"}}


def test_form_of_a_line_offers_its_platforms_by_their_titles(parsed: dict[str, Any]) -> None:
    for line_id in LINES:
        field = parsed["dags"][f"ingest_{line_id}"]["form"]["platforms"]["schema"]
        titles = {p.platform_id: p.file.title.zh for p in REGISTRY.platforms_of(line_id)}
        assert field["examples"] == field["items"]["enum"] == sorted(titles)
        assert all(title in field["values_display"][name] for name, title in titles.items())


def test_every_ingest_and_unify_dag_ends_in_the_policy_task_that_runs_whatever_happened(
    parsed: dict[str, Any],
) -> None:
    for dag_id, dag in parsed["dags"].items():
        if dag_id == RELEASE_ID:
            continue
        assert dag["leaves"] == ["policy"], dag_id
        assert dag["tasks"]["policy"]["trigger_rule"] == "all_done", dag_id


@pytest.mark.parametrize("line_id", LINES)
def test_ingest_dag_maps_one_task_over_each_platform_of_its_line(parsed: dict[str, Any], line_id: str) -> None:
    dag, line = parsed["dags"][f"ingest_{line_id}"], REGISTRY.lines[line_id]
    platform_ids = [p.platform_id for p in REGISTRY.platforms_of(line_id)]
    assert dag["tasks"]["ingest_platform"]["mapped_over"] == platform_ids
    assert dag["tasks"]["gate_line"]["trigger_rule"] == "all_done"
    assert dag["tasks"]["gate_line"]["outlets"] == [f"line_{line_id}"]
    assert dag["owner"] == line.file.owner.org
    assert {task["pool"] for task in dag["tasks"].values()} == {line.file.pool}
    assert all(f"`{p}`" in dag["doc"] for p in platform_ids)


def test_unify_waits_for_the_assets_of_all_lines_and_runs_the_steps_of_the_flow(parsed: dict[str, Any]) -> None:
    unify = parsed["dags"]["unify"]
    assert unify["assets"] == [f"line_{line}" for line in LINES]
    assert [step.__name__ for step in flow.UNIFY] == STEPS
    for before, after in itertools.pairwise(STEPS):
        assert unify["tasks"][after]["after"] == [before]
    assert unify["tasks"]["policy"]["after"] == sorted(STEPS)


def test_a_line_whose_file_is_not_right_keeps_its_dag(airflow_home: Path, tmp_path: Path) -> None:
    project_folder = tmp_path / "county"
    shutil.copytree(PROJECT, project_folder)
    broken, gone = LINES[0], LINES[1]
    path = project_folder / "sources" / broken / "_line.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("schedule:", "schedule: 61 99 * * * #"), encoding="utf-8")
    (project_folder / "sources" / gone / "_line.yml").unlink()
    parsed = harness.call(harness.environment(airflow_home, project_folder), "describe")
    assert parsed["errors"] == {}
    assert parsed["dags"]["unify"]["assets"] == [f"line_{line}" for line in LINES]
    for line_id in (broken, gone):
        dag = parsed["dags"][f"ingest_{line_id}"]
        platforms = sorted(p.platform_id for p in REGISTRY.platforms_of(line_id))
        assert dag["tasks"]["ingest_platform"]["mapped_over"] == platforms, "each fails with what is wrong"
        assert dag["tasks"]["gate_line"]["outlets"] == [f"line_{line_id}"]
        assert "_line.yml" in dag["doc"]


def test_importing_the_dags_loads_nothing_heavier_than_the_registry(airflow_home: Any) -> None:
    heavy = ("pandas", "duckdb", "great_expectations", "pyarrow", "numpy", "rapidfuzz", "asyncssh")
    file = str(PROJECT / "dags" / "liandao_dags.py")
    probe = f"import sys, dags.project as p; p.airflow_dags({file!r}); print(*[m for m in {heavy} if m in sys.modules])"
    env = {"AIRFLOW_HOME": str(airflow_home), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_a_worker_builds_only_the_dag_that_it_runs_and_builds_it_the_same(airflow_home: Any) -> None:
    wanted = f"ingest_{LINES[3]}"
    file = PROJECT / "dags" / "liandao_dags.py"
    probe = (
        "import dags.ingest as i, dags.project as p, pathlib\n"
        "say = lambda d: (d.dag_id, d.doc_md, d.get_task('ingest_platform').op_kwargs_expand_input.value)\n"
        f"built = p.airflow_dags({str(file)!r})\n"
        f"(same,) = (d for d in i.ingest_dags(pathlib.Path(), None) if d.dag_id == {wanted!r})\n"
        f"print(list(built), say(built[{wanted!r}]) == say(same))"
    )
    env = {"AIRFLOW_HOME": str(airflow_home), "PATH": "", "_AIRFLOW_PARSING_CONTEXT_DAG_ID": wanted}
    done = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"['{wanted}'] True"


def test_pools_that_lines_name_are_defined() -> None:
    line = REGISTRY.lines[LINES[0]]
    named = line.model_copy(update={"file": line.file.model_copy(update={"pool": "slow_sources"})})
    assert list(pools([named, named])) == ["slow_sources"]
    assert set(pools(REGISTRY.lines.values())) == {x.file.pool for x in REGISTRY.lines.values()} - {"default_pool"}


def test_modules_that_are_preloaded_exist() -> None:
    from importlib.util import find_spec

    assert [name for name in workers.PRELOAD if find_spec(name) is None] == []
