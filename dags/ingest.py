"""Ingest DAGs: one per line of business, with its own schedule, owner, tags and pool.

Each platform of the line is one mapped task (extract, land, check its rows): the unit of retry, log and blame.
One that fails leaves the others alone. The gate judges what arrived of the whole line and emits the line's asset, on
which `unify` waits; the event carries rows landed, accepted and refused, when the platforms were read, and which are
missing. The last task fails the run when more platforms are missing than is tolerated, or when the gate stopped the
line.

The form of a run chooses platforms, reads from the beginning, or only looks at the platforms (dry run). A backfill is
refused before anything begins: a source is read from where it was left, whatever day a run is said to be of. To read
old rows again, start a run with *full refresh*, or `liandao run --platform PLATFORM --full-refresh`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow.sdk import DAG, TriggerRule, task
from airflow.sdk.exceptions import AirflowSkipException

from connectors.registry import Registry, line_ids, load_registry
from dags import telling
from dags.events import line_extra
from dags.form import ingest_form
from dags.names import ingest_id
from dags.policy import ingest_reasons, missing_platforms
from dags.reading import chosen, judge, read_at, read_platform
from dags.wiring import DEFAULTS, RUN_TYPES, FromTask, cron, deadline, end, failing_plainly, line_asset
from schemas.platform_file import Line, LineFile, Owner, Title

HEADINGS = "| 平台 platform | 名称 title | 接入方式 family |"
UNTIL_MENDED = "0 1 * * *"
"""When a line is asked whose own file does not say it."""


def describe(line: Line, registry: Registry) -> str:
    """The DAG's page in Airflow: what the line is, who answers for it, which platforms it has."""
    title, owner, line_id = line.file.title, line.file.owner, line.line_id
    platforms = registry.platforms_of(line_id)
    rows = [f"| `{p.platform_id}` | {p.file.title.zh} | {p.file.access.family} |" for p in platforms]
    broken = registry.broken_of(line_id).items()
    rows += [f"| `{name}` | 文件有误 file not right | {error.code} |" for name, error in broken]
    head = [f"**{title.zh}** {title.en} · {owner.org}", "", HEADINGS, "|---|---|---|"]
    return "\n".join([*head, *rows, "", __doc__ or ""])


def titles_of(line: Line, registry: Registry) -> dict[str, str]:
    """What people call each platform of a line, by id; also those whose file is not right."""
    read = {p.platform_id: f"{p.file.title.zh} {p.platform_id}" for p in registry.platforms_of(line.line_id)}
    broken = {name: f"{name}（文件有误）" for name in registry.broken_of(line.line_id)}
    return dict(sorted((read | broken).items()))


def ingest_dag(root: Path, line: Line, registry: Registry) -> DAG:
    """Wire one line of business of the project at ``root``. A platform whose file is not right is a task that fails."""
    titles, asset, owner = titles_of(line, registry), line_asset(line.line_id), line.file.owner
    expected = list(titles)
    with DAG(
        ingest_id(line.line_id),
        dag_display_name=f"读取 · {line.file.title.zh}",
        description=f"读取{line.file.title.zh}条线的 {len(expected)} 个平台并过闸 · reads {line.file.title.en}",
        schedule=cron(line.file.schedule),
        catchup=False,
        allowed_run_types=RUN_TYPES,
        max_active_runs=1,
        deadline=deadline(),
        default_args=DEFAULTS | {"owner": owner.org, "pool": line.file.pool},
        owner_links={owner.org: owner.contact} if owner.contact else {},
        tags=["ingest", line.line_id, *line.file.tags],
        params=ingest_form(titles),
        user_defined_macros={"titles": titles},
        doc_md=describe(line, registry),
    ) as dag:

        @task(
            task_display_name="读取平台 read",
            map_index_template="{{ titles[task.op_kwargs['platform_id']] }}",
            doc_md="读取、落地、规整一个平台 Extract, land and conform one platform.",
        )
        def ingest_platform(platform_id: str, params: Any = None) -> dict[str, Any]:
            """Extract, land and conform one platform; returns its receipt."""
            return read_platform(root, platform_id, params)

        @task(
            task_display_name="过闸 gate",
            trigger_rule=TriggerRule.ALL_DONE,
            outlets=[asset],
            doc_md="判定条线的数据能否入库 Judge what arrived of the line.",
        )
        def gate_line(received: FromTask, params: Any = None, outlet_events: Any = None) -> dict[str, Any]:
            """Judge what arrived of the line; returns the gate's receipt."""
            if params["dry_run"]:
                raise AirflowSkipException("只检查，不过闸 a dry run judges nothing")
            with failing_plainly():
                receipts = [receipt for receipt in received[:] if receipt]  # a slice: one request for all
                missing = missing_platforms(chosen(expected, params), receipts)
                telling.missing(missing)
                times = read_at(root, [receipt["platform_id"] for receipt in receipts])
                outlet_events[asset].extra = line_extra(receipts, missing, times)
                return judge(root, line.line_id)

        @task(
            task_display_name="结论 verdict",
            trigger_rule=TriggerRule.ALL_DONE,
            doc_md="按规定判定本次运行成败 Fail the run by policy.",
        )
        def policy(received: FromTask, gate: FromTask, params: Any = None) -> None:
            """Fail the run by policy."""
            missing = missing_platforms(chosen(expected, params), received[:])
            gate = {"passed": True} if params["dry_run"] else gate
            reasons = ingest_reasons(missing, gate, tolerated=params["tolerated_failures"])
            if reasons:
                end(reasons)

        received = ingest_platform.expand(platform_id=expected)
        policy(received, gate_line(received))
    return dag


def ingest_dags(root: Path, wanted: str | None) -> list[DAG]:
    """Every ingest DAG of the project in use; a worker that is about to run one builds that one (``wanted``), from its
    own line's files."""
    of_one = [line_id for line_id in line_ids() if wanted in (None, ingest_id(line_id))]
    registry = load_registry(only=of_one)
    return [ingest_dag(root, registry.lines.get(line_id) or _stand_in(line_id), registry) for line_id in of_one]


def _stand_in(line_id: str) -> Line:
    """A line whose ``_line.yml`` is not right: its DAG stays, its platforms fail with what is wrong, and who waits for
    its asset goes on."""
    title = Title(zh=f"{line_id}（_line.yml 有误）", en=f"{line_id} (its _line.yml is not right)")
    return Line(line_id=line_id, file=LineFile(title=title, owner=Owner(org="liandao"), schedule=UNTIL_MENDED))
