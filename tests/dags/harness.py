"""Airflow in a process of its own, so that no test of another room meets it.

python -m tests.dags.harness describe           every DAG as JSON
python -m tests.dags.harness run DAG_ID ...     each through dag.test(), what became of it as JSON

A DAG_ID may be followed by ``?`` and JSON: ``conf`` (what a person put into the form), ``timeouts`` (task id ->
seconds), ``set_aside`` (why every batch that waits is set aside before), ``answer`` (to all that the run asks people).
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from liandao import aside
from liandao.batches import unpublished

ROOT = Path(__file__).parents[2]
LONGEST_S = 540


def environment(airflow_home: Path, project: Path, liandao_home: Path | None = None) -> dict[str, str]:
    """What Airflow is told: a home of its own, the DAGs of a project, no examples. The places within the home are named
    one by one: a home that was copied has the first one's in its ``airflow.cfg``."""
    return {
        **os.environ,
        "AIRFLOW_HOME": str(airflow_home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{airflow_home}/airflow.db",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(airflow_home / "logs"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "dags" / "plugins"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(project / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        **({"LIANDAO_HOME": str(liandao_home)} if liandao_home else {}),
        "GX_ANALYTICS_ENABLED": "false",
    }


def call(env: Mapping[str, str], *words: str) -> Any:
    """Run this module in a process; returns what it answered; what else it said goes to ``said.log``."""
    command = [sys.executable, "-m", "tests.dags.harness", *words]
    done = subprocess.run(
        command, cwd=ROOT, env=dict(env), capture_output=True, text=True, timeout=LONGEST_S, check=False
    )
    with (Path(env["AIRFLOW_HOME"]) / "said.log").open("a", encoding="utf-8") as log:
        log.write(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def bag() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])


def describe() -> dict[str, Any]:
    found = bag()
    return {"errors": found.import_errors, "dags": {dag_id: _describe(dag) for dag_id, dag in found.dags.items()}}


def _describe(dag: Any) -> dict[str, Any]:
    return {
        "owner": dag.owner,
        "owner_links": dag.owner_links,
        "name": dag.dag_display_name,
        "description": dag.description,
        "run_types": sorted(dag.allowed_run_types),
        "deadlines": [[a.reference.reference_name, a.interval.total_seconds(), a.name] for a in dag.deadline or []],
        "form": _form(dag.params),
        "next_by_time": _next_by_time(dag),
        "tags": sorted(dag.tags),
        "doc": dag.doc_md,
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "leaves": [task.task_id for task in dag.leaves],
        "tasks": {task.task_id: _describe_task(task) for task in dag.tasks},
        "assets": sorted(asset.name for asset in _assets(dag)),
    }


def _form(params: Any) -> dict[str, Any]:
    return {name: params.get_param(name).serialize() for name in params}


def _next_by_time(dag: Any) -> str:
    """When the DAG runs next though no asset event ever comes."""
    from airflow.serialization.serialized_objects import DagSerialization
    from airflow.timetables.base import TimeRestriction

    timetable = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag)).timetable
    info = timetable.next_dagrun_info(
        last_automated_data_interval=None, restriction=TimeRestriction(earliest=None, latest=None, catchup=False)
    )
    return info.run_after.in_timezone("Asia/Shanghai").isoformat() if info else ""


def _assets(dag: Any) -> list[Any]:
    condition = getattr(dag.timetable, "asset_condition", None)
    return [] if condition is None else list(condition.objects)


def _describe_task(task: Any) -> dict[str, Any]:
    mapped = task.is_mapped
    expand = getattr(task, "op_kwargs_expand_input", None) if mapped else None
    return {
        "name": task.task_display_name,
        "timeout_s": task.execution_timeout.total_seconds() if task.execution_timeout else None,
        "mapped_over": expand.value.get("platform_id", []) if expand else [],
        "trigger_rule": task.trigger_rule.value,
        "after": sorted(task.upstream_task_ids),
        "outlets": [asset.name for asset in (task.partial_kwargs.get("outlets") if mapped else task.outlets) or []],
        "owner": task.owner,
        "pool": task.pool,
    }


def run(words: list[str]) -> dict[str, Any]:
    logging.disable(logging.WARNING)
    dags: dict[str, Any] = {}
    answers = {}
    with written_once():
        for word in words:
            dag_id, _, options = word.partition("?")
            dags = dags if dag_id in dags else bag().dags
            answers[word] = _run(dags.pop(dag_id), **json.loads(options or "{}"))  # a run leaves its form in the DAG
    return answers


def written_once() -> ExitStack:
    """``dag.test()`` parses the folder and writes down all its DAGs, for each DAG anew. Nothing changes in between, so
    here the first time counts."""
    from airflow.dag_processing import dagbag

    stack = ExitStack()
    for name in ("BundleDagBag", "sync_bag_to_db"):
        stack.enter_context(patch.object(dagbag, name, _first_answer(getattr(dagbag, name))))
    return stack


def _first_answer(function: Callable[..., Any]) -> Callable[..., Any]:
    answers: list[Any] = []

    def answer(*arguments: Any, **named: Any) -> Any:
        if not answers:
            answers.append(function(*arguments, **named))
        return answers[0]

    return answer


def _run(
    dag: Any, conf: Any = None, timeouts: Mapping[str, float] | None = None, set_aside: str = "", answer: Any = None
) -> dict[str, Any]:
    from airflow.utils.session import create_session

    if set_aside:
        home = Path(os.environ["LIANDAO_HOME"])
        aside.set_aside(home, [batch.landed.batch_id for batch in unpublished(home)], set_aside, "值班员")
    for task in dag.tasks:  # a second try after a minute is Airflow's business, not ours
        settings = task.partial_kwargs if task.is_mapped else vars(task)
        settings["retries"] = 0
        if seconds := (timeouts or {}).get(task.task_id):
            settings["execution_timeout"] = timedelta(seconds=seconds)
    dag.deadline = None  # in Airflow 3.3 dag.test() fails at the end of a run that has one; the scheduler does not
    ended = threading.Event()
    person = threading.Thread(target=_answer, args=(dag.dag_id, answer, ended), daemon=True)
    if answer:
        person.start()
    done = dag.test(run_conf=conf)
    ended.set()
    if answer:
        person.join()  # it logs, and the answer of this program is its last line
    with create_session() as session:
        instances = done.get_task_instances(session=session)
        named = {f"{t.task_id}[{t.map_index}]" if t.map_index >= 0 else t.task_id: t for t in instances}
        return {
            "state": done.state,
            "tasks": {name: t.state for name, t in named.items()},
            "labels": {name: t.rendered_map_index for name, t in named.items() if t.rendered_map_index},
            "events": _events(session, done.run_id, dag.dag_id),
        }


def _events(session: Any, run_id: str, dag_id: str) -> dict[str, Any]:
    from airflow.models.asset import AssetEvent
    from sqlalchemy import select

    query = select(AssetEvent).filter_by(source_run_id=run_id, source_dag_id=dag_id)
    return {event.name: event.extra for event in session.scalars(query)}


def _answer(dag_id: str, answer: Any, ended: threading.Event) -> None:
    """Answer every question of a DAG's run through Airflow's API, as the page does for a person."""
    from airflow.api_fastapi.app import create_app
    from starlette.testclient import TestClient

    client = TestClient(create_app(apps="core"), base_url="http://testserver")
    client.headers["Authorization"] = "Bearer " + client.get("/auth/token").json()["access_token"]
    while not ended.wait(0.2):
        open_questions = client.get(f"/api/v2/dags/{dag_id}/dagRuns/~/hitlDetails?response_received=false").json()
        for question in open_questions["hitl_details"]:
            ti = question["task_instance"]
            path = f"dagRuns/{ti['dag_run_id']}/taskInstances/{ti['task_id']}/{ti['map_index']}/hitlDetails"
            client.patch(f"/api/v2/dags/{dag_id}/{path}", json=answer).raise_for_status()


if __name__ == "__main__":
    answer = describe() if sys.argv[1] == "describe" else run(sys.argv[2:])
    sys.stdout.write("\n" + json.dumps(answer, ensure_ascii=False, default=str) + "\n")
