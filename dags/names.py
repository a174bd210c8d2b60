"""Names of the DAGs, for whoever must name them without importing Airflow."""

UNIFY_ID = "unify"
RELEASE_ID = "release_batches"


def ingest_id(line_id: str) -> str:
    """The id of a line's ingest DAG."""
    return f"ingest_{line_id}"
