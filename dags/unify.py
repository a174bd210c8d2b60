"""The unify DAG: what needs all lines at once.

It follows when every line of business has been asked and judged, and runs each morning in any case, so that one line
that hangs does not hold the others back. Load, match, measure, publish and report are one task each and hand on
receipts; readers see the new generation only after publish. The last task fails the run when a step failed or when more
platforms are stale than is tolerated.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, AssetOrTimeSchedule, Param, TriggerRule, task

from dags.names import UNIFY_ID
from dags.policy import unify_reasons
from dags.wiring import DEFAULTS, FromTask, cron, failing_plainly, line_asset

STEPS = ("load", "match", "measure", "publish", "report")
EACH_MORNING = "30 6 * * *"
TOLERATED = Param(5, type="integer", minimum=0, title="容许数据陈旧的平台数 platforms that may be stale")


def run_step(root: Path, name: str, run_id: str | None) -> dict[str, Any]:
    """Run one step of ``liandao.steps`` for a project; the first step of a run names the run."""
    with failing_plainly():
        from liandao import home, settings, steps
        from warehouse.lock import publish_lock

        told = settings.read_settings(project=root)
        with publish_lock(told.home):
            return getattr(steps, name)(told, run_id or home.new_id("r")).to_dict()  # type: ignore[no-any-return]


def failed_platforms(root: Path) -> list[str]:
    """Platforms whose last attempt failed."""
    from liandao.attempts import read_attempts
    from liandao.settings import read_settings

    attempts = read_attempts(read_settings(project=root).home)
    return [platform_id for platform_id, attempt in attempts.items() if not attempt.ok]


def end_run(root: Path) -> None:
    """Tell those outside that the run has ended: events, metrics, lineage, messages."""
    with failing_plainly():
        from liandao.observe.ending import end_run_of

        end_run_of(root)


def unify_dag(root: Path, line_ids: Iterable[str]) -> DAG:
    """Wire the steps that need all lines of the project at ``root``."""
    with DAG(
        UNIFY_ID,
        schedule=AssetOrTimeSchedule(timetable=cron(EACH_MORNING), assets=[line_asset(line) for line in line_ids]),
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULTS | {"owner": "liandao"},
        tags=["unify"],
        params={"tolerated_stale": TOLERATED},
        doc_md=__doc__,
    ) as dag:

        @task
        def step(name: str, before: FromTask = None) -> dict[str, Any]:
            """One step on the generation under construction; returns its receipt."""
            return run_step(root, name, before["run_id"] if before else None)

        @task(trigger_rule=TriggerRule.ALL_DONE)
        def policy(receipts: list[FromTask], params: Any = None) -> None:
            """Fail the run by policy."""
            from airflow.sdk.exceptions import AirflowFailException

            end_run(root)
            reasons = unify_reasons(
                failed_platforms(root), dict(zip(STEPS, receipts, strict=True)), tolerated=params["tolerated_stale"]
            )
            if reasons:
                raise AirflowFailException("; ".join(reasons))

        built: list[FromTask] = []
        for name in STEPS:
            built.append(step.override(task_id=name)(name, built[-1] if built else None))
        policy(built)
    return dag
