"""What the DAGs share: assets, defaults, and errors made fit for Airflow's logs."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import Asset, CronTriggerTimetable
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from schemas.columns import ZONE
from schemas.errors import LiandaoError

FromTask = Any
"""What one task takes from another: a reference when wired, plain data (or None, when that task failed) when run."""

DEFAULTS: dict[str, Any] = {
    "retries": 1,
    "retry_delay": timedelta(minutes=1),
    "execution_timeout": timedelta(hours=3),
}
"""One retry, meant for infrastructure: a connector has its own retries, and its errors are final here. No task of a
night may hang for ever: a server that sends a byte now and then keeps every other timeout from running out."""


def line_asset(line_id: str) -> Asset:
    """The asset that says: this line's platforms were asked and judged. A line that failed in part counts as asked."""
    return Asset(name=f"line_{line_id}", uri=f"liandao://lines/{line_id}", group="liandao")


def cron(expression: str) -> CronTriggerTimetable:
    """A schedule in Beijing time. A DAG that is switched on waits for its next hour: nothing is caught up."""
    return CronTriggerTimetable(expression, timezone=ZONE, run_immediately=timedelta(0))


@contextmanager
def failing_plainly() -> Iterator[None]:
    """Let no value of a record reach Airflow's logs or database: an error keeps its code and place, not its causes.

    Errors of the flow say what to do and fail at once; anything else keeps its type and line and may be tried again.
    """
    try:
        yield
    except LiandaoError as error:
        raise AirflowFailException(str(error)) from None
    except AirflowException:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, its text may hold a value
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno} {last.name}"
        raise AirflowException(f"{type(error).__name__} at {place}") from None
