"""What the DAGs share: assets, defaults, the run's deadline, and errors made fit for Airflow's logs."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn

from airflow.sdk import Asset, CronTriggerTimetable, ExceptionRetryPolicy, RetryAction, RetryRule
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
from airflow.sdk.exceptions import AirflowException, AirflowTaskTimeout

from dags.late import say_late
from schemas.columns import ZONE
from schemas.errors import DeadlinePassed, LiandaoError

LOG = logging.getLogger(__name__)
FromTask = Any
"""What one task takes from another: a reference when wired, plain data (or None, when that task failed) when run."""

LONGEST_TASK = timedelta(hours=3)
LONGEST_RUN = timedelta(hours=4)
"""After which a run that goes on is told of: longer than any task may take, shorter than from the first line of a night
to the morning's `unify`."""

DEFAULTS: dict[str, Any] = {
    "retries": 1,
    "retry_delay": timedelta(minutes=1),
    "retry_policy": ExceptionRetryPolicy(rules=[RetryRule(SystemExit, RetryAction.FAIL)]),
    "execution_timeout": LONGEST_TASK,
    "show_return_value_in_logs": False,  # what a person is to read of it is told line by line
}
"""One retry, meant for infrastructure: a connector has its own retries, and its errors are final here. No task of a
night may hang for ever: a server that sends a byte now and then keeps every other timeout from running out. Nor may it
hang twice: a task that was timed out is not tried again."""

RUN_TYPES: Any = ["scheduled", "manual", "asset_triggered", "asset_materialization", "operator_triggered"]
"""Every kind of run but a backfill: a source is read from where it was left, whatever day a run is said to be of, so
that runs for days gone by would read the same rows many times over or nothing at all."""


def line_asset(line_id: str) -> Asset:
    """The asset that says: this line's platforms were asked and judged. A line that failed in part counts as asked."""
    return Asset(name=f"line_{line_id}", uri=f"liandao://lines/{line_id}", group="liandao")


def cron(expression: str) -> CronTriggerTimetable:
    """A schedule in Beijing time. A DAG that is switched on waits for its next hour: nothing is caught up."""
    return CronTriggerTimetable(expression, timezone=ZONE, run_immediately=timedelta(0))


def deadline() -> DeadlineAlert:
    """The alert of a run that has not ended when it should have; the run itself goes on."""
    hours = LONGEST_RUN // timedelta(hours=1)
    told = SyncCallback(say_late, kwargs={"hours": hours})
    return DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, LONGEST_RUN, told, name=f"{hours} 小时内应结束")


def end(reasons: list[str]) -> NoReturn:
    """End the task as failed, the reasons as lines of its log. Airflow writes no traceback for an exit, and the policy
    of retries takes it as final."""
    for line in reasons:
        LOG.error(line)
    raise SystemExit(reasons[0])


@contextmanager
def failing_plainly() -> Iterator[None]:
    """Let no value of a record reach Airflow's logs or database: an error keeps its code and place, not its causes.

    Errors of the flow say what to do and fail at once; anything else keeps its type and line and may be tried again.
    """
    try:
        yield
    except LiandaoError as error:
        end(error.lines())
    except AirflowTaskTimeout:
        end(too_late("the task", "airflow tasks clear, or Clear on the task's page").lines())
    except AirflowException:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, its text may hold a value
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno} {last.name}"
        raise AirflowException(f"{type(error).__name__} at {place}") from None


def too_late(where: str, next_step: str) -> DeadlinePassed:
    """What became of a task that Airflow timed out."""
    limit = LONGEST_TASK // timedelta(minutes=1)
    return DeadlinePassed(
        "not ended when its time was over", where=where, expected=f"an end within {limit} minutes", next_step=next_step
    )
