"""Airflow in a process of its own, so that no test of another room meets it.

python -m tests.dags.harness describe           every DAG as JSON
python -m tests.dags.harness run DAG_ID ...     each through dag.test(), final states as JSON
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

ROOT = Path(__file__).parents[2]
LONGEST_S = 540


def environment(airflow_home: Path, project: Path, liandao_home: Path | None = None) -> dict[str, str]:
    """What Airflow is told: a home of its own, the DAGs of a project, no examples."""
    return {
        **os.environ,
        "AIRFLOW_HOME": str(airflow_home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(project / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
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
        "tags": sorted(dag.tags),
        "doc": dag.doc_md,
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "leaves": [task.task_id for task in dag.leaves],
        "tasks": {task.task_id: _describe_task(task) for task in dag.tasks},
        "assets": sorted(asset.name for asset in _assets(dag)),
    }


def _assets(dag: Any) -> list[Any]:
    condition = getattr(dag.timetable, "asset_condition", None)
    return [] if condition is None else list(condition.objects)


def _describe_task(task: Any) -> dict[str, Any]:
    mapped = task.is_mapped
    return {
        "mapped_over": task.op_kwargs_expand_input.value["platform_id"] if mapped else [],
        "trigger_rule": task.trigger_rule.value,
        "after": sorted(task.upstream_task_ids),
        "outlets": [asset.name for asset in (task.partial_kwargs.get("outlets") if mapped else task.outlets) or []],
        "owner": task.owner,
        "pool": task.pool,
    }


def run(dag_ids: list[str]) -> dict[str, Any]:
    logging.disable(logging.WARNING)
    dags = bag().dags
    with written_once():
        return {dag_id: _run(dags[dag_id]) for dag_id in dag_ids}


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


def _run(dag: Any) -> dict[str, Any]:
    from airflow.utils.session import create_session

    for task in dag.tasks:  # a second try after a minute is Airflow's business, not ours
        (task.partial_kwargs if task.is_mapped else vars(task))["retries"] = 0
    done = dag.test()
    with create_session() as session:
        instances = done.get_task_instances(session=session)
        tasks = {f"{t.task_id}[{t.map_index}]" if t.map_index >= 0 else t.task_id: t.state for t in instances}
    return {"state": done.state, "tasks": tasks}


if __name__ == "__main__":
    answer = describe() if sys.argv[1] == "describe" else run(sys.argv[2:])
    sys.stdout.write("\n" + json.dumps(answer, ensure_ascii=False, default=str) + "\n")
