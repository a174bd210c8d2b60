"""Every DAG of a project: what the two lines in its ``dags`` folder ask for.

    from dags.project import airflow_dags
    globals().update(airflow_dags(__file__))
"""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import DAG, get_parsing_context

from connectors.registry import line_ids
from dags.ingest import ingest_dags
from dags.names import RELEASE_ID, UNIFY_ID
from dags.release import release_dag
from dags.unify import unify_dag
from schemas import project
from schemas.errors import ConfigurationError
from schemas.project import PROJECT_FILE


def airflow_dags(file: str) -> dict[str, DAG]:
    """The DAGs of the project that ``file`` lies in, by id: one for each line of business, `unify`, and the one that
    asks people about batches set aside.

    Raises ConfigurationError when no folder above the file holds ``liandao.yml``, PlatformFileError for platform files.
    """
    root, wanted = project_above(Path(file)), get_parsing_context().dag_id
    project.use(root)
    dags = [] if wanted in (UNIFY_ID, RELEASE_ID) else ingest_dags(root, wanted)
    if wanted in (None, UNIFY_ID):
        dags.append(unify_dag(root, line_ids()))
    if wanted in (None, RELEASE_ID):
        dags.append(release_dag(root))
    return {dag.dag_id: dag for dag in dags}


def project_above(file: Path) -> Path:
    """The nearest folder above a file that is a project; raises ConfigurationError."""
    for folder in file.resolve().parents:
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise ConfigurationError(
        "the DAG file lies in no project", where=str(file), expected=f"{PROJECT_FILE} in a folder above it",
        next_step="liandao init DIR writes a project with its DAG file",
    )  # fmt: skip
