"""The unify DAG: what needs all lines at once.

It follows when every line of business has been asked and judged, and runs each morning in any case, so that one line
that hangs does not hold the others back. Load, match, measure, publish and report are one task each and hand on
receipts; readers see the new generation only after publish, which emits the asset `warehouse`. The last task fails the
run when a step failed or when more platforms are stale than is tolerated. A backfill is refused: each run takes
everything that waits.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Asset, AssetOrTimeSchedule, TriggerRule, task

from dags import telling
from dags.form import unify_form
from dags.names import UNIFY_ID
from dags.policy import unify_reasons
from dags.wiring import DEFAULTS, RUN_TYPES, FromTask, cron, deadline, end, failing_plainly, line_asset

STEPS = {
    "load": "入库 load",
    "match": "归并 match",
    "measure": "计算指标 measure",
    "publish": "发布 publish",
    "report": "出报告 report",
}
"""Each step of the flow, and what it is called in Airflow."""
EACH_MORNING = "30 6 * * *"
WAREHOUSE = Asset(name="warehouse", uri="liandao://warehouse", group="liandao")


def run_step(root: Path, name: str, run_id: str | None) -> dict[str, Any]:
    """Run one step of ``liandao.steps`` for a project; the first step of a run names the run."""
    with failing_plainly():
        from liandao import home, settings, steps
        from warehouse.lock import publish_lock

        told = settings.read_settings(project=root)
        with publish_lock(told.home):
            receipt: dict[str, Any] = getattr(steps, name)(told, run_id or home.new_id("r")).to_dict()
        telling.built(receipt)
        return receipt


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
        dag_display_name="归并与发布",
        description="各条线过闸后：入库、归并、计算指标、发布、出报告 · load, match, measure, publish, report",
        schedule=AssetOrTimeSchedule(timetable=cron(EACH_MORNING), assets=[line_asset(line) for line in line_ids]),
        catchup=False,
        allowed_run_types=RUN_TYPES,
        max_active_runs=1,
        deadline=deadline(),
        default_args=DEFAULTS | {"owner": "liandao"},
        tags=["unify"],
        params=unify_form(),
        doc_md=__doc__,
    ) as dag:

        @task
        def step(name: str, before: FromTask = None, outlet_events: Any = None) -> dict[str, Any]:
            """One step on the generation under construction; returns its receipt."""
            receipt = run_step(root, name, before["run_id"] if before else None)
            if name == "publish":
                outlet_events[WAREHOUSE].extra = {"run_id": receipt["run_id"], **receipt["counts"]}
            return receipt

        @task(task_display_name="结论 verdict", trigger_rule=TriggerRule.ALL_DONE)
        def policy(receipts: list[FromTask], params: Any = None) -> None:
            """Fail the run by policy."""
            with failing_plainly():
                end_run(root)
                failed = failed_platforms(root)
                telling.missing(failed)
            steps = dict(zip(STEPS, receipts, strict=True))
            reasons = unify_reasons(failed, steps, tolerated=params["tolerated_stale"])
            if reasons:
                end(reasons)

        built: list[FromTask] = []
        for name, title in STEPS.items():
            outlets = [WAREHOUSE] if name == "publish" else []
            wired = step.override(task_id=name, task_display_name=title, outlets=outlets)
            built.append(wired(name, built[-1] if built else None))
        policy(built)
    return dag
