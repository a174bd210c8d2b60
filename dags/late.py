"""What is said of a run that has not ended by its deadline. Called by Airflow's executor, apart from any task."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

LOG = logging.getLogger(__name__)


def say_late(context: Mapping[str, Any], hours: int) -> str:
    """Log which run is late and what to look at; returns the line. ``context``: the run and its deadline, as Airflow
    hands them over."""
    run = context["dag_run"]
    line = (
        f"{run['dag_id']} 超过 {hours} 小时未结束 has not ended within {hours} hours: {run['dag_run_id']}；"
        f"查看未结束的任务 look at its running tasks: airflow tasks states-for-dag-run "
        f"{run['dag_id']} {run['dag_run_id']}"
    )
    LOG.error(line)
    return line
