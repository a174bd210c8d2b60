"""The end of a run, for those outside: metrics, lineage, messages. No run fails for any of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from liandao.home import now
from liandao.observe.events import LONGEST_RUN, EventDict, read_events, run_error, tell
from liandao.observe.lineage import write_lineage
from liandao.observe.metrics_file import write_metrics
from liandao.observe.notify import Delivery, notify
from liandao.observe.telling import has_begun
from liandao.settings import Settings, read_settings
from schemas.events import RunEnded

LOG = logging.getLogger(__name__)


def end_run(settings: Settings, run_id: str | None) -> list[Delivery]:
    """Write what is read from outside and tell people; returns what became of their messages."""
    delivered: list[Delivery] = []
    for work in _works(settings, run_id, delivered):
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the run has ended, as it did
            LOG.warning("after the run: %s", type(error).__name__)
    return delivered


def _works(settings: Settings, run_id: str | None, delivered: list[Delivery]) -> list[Callable[[], object]]:
    return [
        lambda: write_lineage(settings, run_id),
        lambda: delivered.extend(notify(settings, run_id)),
        lambda: write_metrics(settings),
    ]


@contextmanager
def ending_run(settings: Settings, show: Callable[[Delivery], None]) -> Iterator[None]:
    """Around a run from the command line. A person who interrupts it knows; a run that did not begin has not ended."""
    try:
        yield
    except Exception:
        _end(settings, show)
        raise
    _end(settings, show)


def _end(settings: Settings, show: Callable[[Delivery], None]) -> None:
    if (run_id := has_begun(settings.home)) is not None:
        for delivery in end_run(settings, run_id):
            show(delivery)


def end_run_of(root: Path) -> None:
    """End the run of a project that Airflow went through step by step: its last task calls this, whatever became of the
    others."""
    try:
        settings = read_settings(project=root)
        end_run(settings, _tell_end_of_last(settings.home))
    except Exception as error:  # noqa: BLE001 - the run is as the other tasks made it
        LOG.warning("after the run: %s", type(error).__name__)


def _tell_end_of_last(home: Path) -> str | None:
    """Tell that the run that began last has ended, unless that is told; returns which it is."""
    told = read_events(home, now() - LONGEST_RUN)
    begun = [e for e in told if e["kind"] == "run.started"]
    if not begun:
        return None
    run_id: str = begun[-1]["run_id"]
    if not any(e["kind"] == "run.ended" and e["run_id"] == run_id for e in told):
        _tell_end(home, begun[-1], run_error(told, run_id))
    return run_id


def _tell_end(home: Path, begun: EventDict, error_code: str | None) -> None:
    seconds = round((now() - begun["at"]).total_seconds(), 3)
    tell(home, RunEnded, run_id=begun["run_id"], seconds=seconds, error_code=error_code)
