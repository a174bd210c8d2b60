"""The steps of the flow, telling what they did as events; whichever shell called them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from time import perf_counter
from typing import ParamSpec

from liandao import __version__
from liandao.observe.events import tell
from liandao.settings import Settings
from schemas import events
from schemas.errors import LiandaoError, RunInProgress
from schemas.receipts import Built, Gated, Ingested

_Words = ParamSpec("_Words")
READ = ("platform_id", "line_id", "extracted", "landed", "accepted", "quarantined", "dropped")
_begun: dict[Path, str] = {}
"""Home -> the run that this process told of last."""


def _code(error: BaseException) -> str:
    """The code of an error; of one without, that of an internal error. One that ends the process is told by its
    name."""
    if isinstance(error, LiandaoError):
        return error.code
    return LiandaoError.code if isinstance(error, Exception) else type(error).__name__


def begin_run(home: Path, run_id: str) -> None:
    """Tell that a run began, once; the first step of one that no command began does."""
    if _begun.get(home) != run_id:
        _begun[home] = run_id
        tell(home, events.RunStarted, run_id=run_id, program=__version__)


def has_begun(home: Path) -> str | None:
    """The run that this process told of last in a home."""
    return _begun.get(home)


@contextmanager
def telling_run(settings: Settings, run_id: str) -> Iterator[None]:
    """Tell that a run began and, however it does, that it ended."""
    started = perf_counter()
    begin_run(settings.home, run_id)
    error_code = None
    try:
        yield
    except BaseException as error:
        error_code = _code(error)
        raise
    finally:
        seconds = round(perf_counter() - started, 3)
        tell(settings.home, events.RunEnded, run_id=run_id, seconds=seconds, error_code=error_code)


def telling_platform(read: Callable[_Words, Ingested]) -> Callable[_Words, Ingested]:
    """A platform's reading that tells what it brought, or why it failed. What another run is reading is told there."""

    @wraps(read)
    def told(*args: _Words.args, **kwargs: _Words.kwargs) -> Ingested:
        (settings, platform_id), started = _two(args), perf_counter()
        try:
            receipt = read(*args, **kwargs)
        except RunInProgress:
            raise
        except LiandaoError as error:
            tell_failed(settings, {platform_id: error}, round(perf_counter() - started, 3))
            raise
        about = {name: getattr(receipt, name) for name in READ} | {"batch_id": receipt.batch_id or None}
        tell(settings.home, events.PlatformRead, seconds=round(perf_counter() - started, 3), **about)
        return receipt

    return told


def tell_failed(settings: Settings, failed: Mapping[str, LiandaoError], seconds: float | None = None) -> None:
    """Tell that platforms failed, with their errors."""
    for platform_id, error in failed.items():
        about = {"error_code": error.code, "transient": error.transient}
        tell(settings.home, events.PlatformFailed, platform_id=platform_id, seconds=seconds, **about)


def telling_gate(judge: Callable[_Words, Gated]) -> Callable[_Words, Gated]:
    """A line's gate that tells how it judged. Where nothing waited, nothing is told."""

    @wraps(judge)
    def told(*args: _Words.args, **kwargs: _Words.kwargs) -> Gated:
        (settings, line_id), started = _two(args), perf_counter()
        try:
            gated = judge(*args, **kwargs)
        except RunInProgress:
            raise
        except LiandaoError as error:
            seconds = round(perf_counter() - started, 3)
            tell(settings.home, events.GateFailed, line_id=line_id, error_code=error.code, seconds=seconds)
            raise
        if gated.gate_id:
            tell(settings.home, events.GateJudged, seconds=round(perf_counter() - started, 3), **_about(gated))
        return gated

    return told


def _two(words: tuple[object, ...]) -> tuple[Settings, str]:
    """What every step of one platform or line is called with first: the settings, and its id."""
    settings, subject, *_ = words
    if not isinstance(settings, Settings) or not isinstance(subject, str):
        raise TypeError("settings and an id come first, without names")
    return settings, subject


def _about(gated: Gated) -> dict[str, object]:
    return {
        "line_id": gated.line_id,
        "gate_id": gated.gate_id,
        "batches": len(gated.batch_ids),
        "evaluated": gated.evaluated,
        "passed": gated.passed,
        "failed_stop": len(gated.failed_stop),
        "failed_warn": len(gated.failed_warn),
    }


def telling_step(step: Callable[[Settings, str], Built]) -> Callable[[Settings, str], Built]:
    """A step that sees all lines, telling that it was done or failed."""

    @wraps(step)
    def told(settings: Settings, run_id: str) -> Built:
        started, about = perf_counter(), {"run_id": run_id, "step": step.__name__}
        begin_run(settings.home, run_id)
        try:
            built = step(settings, run_id)
        except BaseException as error:
            seconds = round(perf_counter() - started, 3)
            tell(settings.home, events.StepFailed, **about, seconds=seconds, error_code=_code(error))
            raise
        told = {"seconds": built.seconds, "counts": built.counts, "left_out": sorted(built.problems)}
        tell(settings.home, events.StepDone, **about, **told)
        return built

    return told
