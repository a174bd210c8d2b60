"""Ingest DAGs: one per line of business, with its own schedule, owner, tags and pool.

Each platform of the line is one mapped task (extract, land, check its rows): the unit of retry, log and blame.
One that fails leaves the others alone. The gate judges what arrived of the whole line and emits the line's asset, on
which `unify` waits; the last task fails the run when more platforms are missing than is tolerated, or when the gate
stopped the line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Param, TriggerRule, task

from connectors.registry import Registry, line_ids, load_registry
from dags.names import ingest_id
from dags.policy import ingest_reasons, missing_platforms
from dags.wiring import DEFAULTS, FromTask, cron, failing_plainly, line_asset
from schemas.platform_file import Line, LineFile, Owner, Title

HEADINGS = "| 平台 platform | 名称 title | 接入方式 family |"
UNTIL_MENDED = "0 1 * * *"
"""When a line is asked whose own file does not say it."""
TOLERATED = Param(0, type="integer", minimum=0, title="容许失败的平台数 platforms that may fail")


def describe(line: Line, registry: Registry) -> str:
    """The DAG's page in Airflow: what the line is, who answers for it, which platforms it has."""
    title, owner, line_id = line.file.title, line.file.owner, line.line_id
    platforms = registry.platforms_of(line_id)
    rows = [f"| `{p.platform_id}` | {p.file.title.zh} | {p.file.access.family} |" for p in platforms]
    broken = registry.broken_of(line_id).items()
    rows += [f"| `{name}` | 文件有误 file not right | {error.code} |" for name, error in broken]
    head = [f"**{title.zh}** {title.en} · {owner.org}", "", HEADINGS, "|---|---|---|"]
    return "\n".join([*head, *rows, "", __doc__ or ""])


def ingest_dag(root: Path, line: Line, registry: Registry) -> DAG:
    """Wire one line of business of the project at ``root``. A platform whose file is not right is a task that fails."""
    read = [p.platform_id for p in registry.platforms_of(line.line_id)]
    expected, asset = sorted([*read, *registry.broken_of(line.line_id)]), line_asset(line.line_id)
    with DAG(
        ingest_id(line.line_id),
        schedule=cron(line.file.schedule),
        catchup=False,
        max_active_runs=1,
        default_args=DEFAULTS | {"owner": line.file.owner.org, "pool": line.file.pool},
        tags=["ingest", line.line_id, *line.file.tags],
        params={"tolerated_failures": TOLERATED},
        doc_md=describe(line, registry),
    ) as dag:

        @task(map_index_template="{{ task.op_kwargs['platform_id'] }}")
        def ingest_platform(platform_id: str) -> dict[str, Any]:
            """Extract, land and conform one platform; returns its receipt."""
            with failing_plainly():
                from liandao import ingest, settings

                return ingest.ingest_platform(settings.read_settings(project=root), platform_id).to_dict()

        @task(trigger_rule=TriggerRule.ALL_DONE, outlets=[asset])
        def gate_line(received: FromTask, outlet_events: Any = None) -> dict[str, Any]:
            """Judge what arrived of the line; returns the gate's receipt and the platforms that are missing."""
            with failing_plainly():
                receipts = [receipt for receipt in received[:] if receipt]  # a slice: one request for all
                missing = missing_platforms(expected, receipts)
                outlet_events[asset].extra = {"read": len(receipts), "missing": missing}
                return judge(root, line.line_id) | {"missing": missing}

        @task(trigger_rule=TriggerRule.ALL_DONE)
        def policy(gate: FromTask, params: Any = None) -> None:
            """Fail the run by policy."""
            from airflow.sdk.exceptions import AirflowFailException

            missing = gate["missing"] if gate else []
            reasons = ingest_reasons(missing, gate, tolerated=params["tolerated_failures"])
            if reasons:
                raise AirflowFailException("; ".join(reasons))

        policy(gate_line(ingest_platform.expand(platform_id=expected)))
    return dag


def judge(root: Path, line_id: str) -> dict[str, Any]:
    """The receipt of a line's gate."""
    from liandao import ingest, settings

    return ingest.gate_line(settings.read_settings(project=root), line_id).to_dict()


def ingest_dags(root: Path, wanted: str | None) -> list[DAG]:
    """Every ingest DAG of the project in use; a worker that is about to run one builds that one (``wanted``), from its
    own line's files."""
    chosen = [line_id for line_id in line_ids() if wanted in (None, ingest_id(line_id))]
    registry = load_registry(only=chosen)
    return [ingest_dag(root, registry.lines.get(line_id) or _stand_in(line_id), registry) for line_id in chosen]


def _stand_in(line_id: str) -> Line:
    """A line whose ``_line.yml`` is not right: its DAG stays, its platforms fail with what is wrong, and who waits for
    its asset goes on."""
    title = Title(zh=f"{line_id}（_line.yml 有误）", en=f"{line_id} (its _line.yml is not right)")
    return Line(line_id=line_id, file=LineFile(title=title, owner=Owner(org="liandao"), schedule=UNTIL_MENDED))
