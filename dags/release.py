"""The release DAG: a person decides about batches that are set aside.

Each working morning every batch that is set aside becomes one required action in Airflow: release it or leave it aside,
and why. A batch goes on as soon as its own answer is given; the answer, its reason and who gave it are kept in the home
(`aside/released`). What nobody answers by the next morning stays aside and is asked again. Nothing waits for this DAG:
a question holds neither worker nor pool, and the nightly DAGs do not know of it. `liandao batch release BATCH` does the
same from the command line.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, Param, task, task_group

from dags.names import RELEASE_ID
from dags.wiring import DEFAULTS, RUN_TYPES, FromTask, cron, failing_plainly

LOG = logging.getLogger(__name__)
RELEASE, KEEP = "放行 release", "继续搁置 leave aside"
EACH_WORKING_MORNING = "30 8 * * 1-5"
TIME_TO_ANSWER = timedelta(hours=23)
"""The question is put anew by the next morning's run."""
REASON = Param("", "与批次一同留存 kept with the batch", type="string", title="理由 reason", maxLength=500)


def questions(root: Path) -> list[dict[str, str]]:
    """One question for each batch that is set aside: ``batch_id``, ``subject``, ``body``."""
    with failing_plainly():
        from liandao.commands.batch import batch_rows
        from liandao.settings import read_settings

        rows = [row for row in batch_rows(read_settings(project=root).home) if row.state == "aside"]
        LOG.info("搁置的批次 batches set aside: %d", len(rows))
        return [
            {
                "batch_id": row.batch_id,
                "subject": f"{row.platform_id} · {row.batch_id}",
                "body": f"{row.rows} 行 rows · 落地 landed {row.landed_at}\n\n理由 reason: {row.reason}（{row.by}）",
            }
            for row in rows
        ]


def act_on(root: Path, batch_id: str, answer: dict[str, Any]) -> bool:
    """Do what a person answered; returns whether the batch was released."""
    with failing_plainly():
        from liandao.aside import release
        from liandao.settings import read_settings
        from warehouse.lock import publish_lock

        by = (answer["responded_by_user"] or {}).get("name") or "airflow"
        if answer["chosen_options"] != [RELEASE]:
            LOG.info("继续搁置 stays aside: %s", batch_id)
            return False
        home = read_settings(project=root).home
        with publish_lock(home):
            done = release(home, [batch_id], reason=answer["params_input"].get("reason", ""), by=by)
        LOG.info("%s: %s", "放行，下次运行入库 released" if done else "已不在搁置 no longer set aside", batch_id)
        return bool(done)


def release_dag(root: Path) -> DAG:
    """Wire the questions about the batches of the project at ``root``."""
    with DAG(
        RELEASE_ID,
        dag_display_name="搁置批次放行",
        description="逐批询问：放行还是继续搁置 · asks of each batch set aside whether it is released",
        schedule=cron(EACH_WORKING_MORNING),
        catchup=False,
        allowed_run_types=RUN_TYPES,
        max_active_runs=1,
        default_args=DEFAULTS | {"owner": "liandao"},
        tags=["decide"],
        doc_md=__doc__,
    ) as dag:

        @task(task_display_name="列出搁置批次 list")
        def list_aside() -> list[dict[str, str]]:
            """The questions of this run."""
            return questions(root)

        @task_group(group_id="batch")
        def ask(batch_id: FromTask, subject: FromTask, body: FromTask) -> None:
            """One batch: its question, and what was answered."""
            answer = HITLOperator(
                task_id="decide",
                task_display_name="决定 decide",
                map_index_template="{{ task.subject }}",
                subject=subject,
                body=body,
                options=[RELEASE, KEEP],
                defaults=KEEP,
                params={"reason": REASON},
                response_timeout=TIME_TO_ANSWER,
            )
            act(batch_id, answer.output)

        @task(task_display_name="执行 act", map_index_template="{{ task.op_args[0] }}")
        def act(batch_id: FromTask, answer: FromTask) -> bool:
            """Release the batch, or leave it."""
            return act_on(root, batch_id, answer)

        ask.expand_kwargs(list_aside())
    return dag
