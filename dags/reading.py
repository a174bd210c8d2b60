"""What the tasks of an ingest DAG do: read one platform, or look at it, or judge its line. Nothing here knows Airflow
but for the errors that end a task."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException, AirflowTaskTimeout

from dags import telling
from dags.wiring import failing_plainly, too_late


def chosen(expected: Sequence[str], params: Mapping[str, Any]) -> list[str]:
    """The platforms that a run reads: those chosen in its form, else all."""
    return [platform_id for platform_id in expected if platform_id in (params["platforms"] or expected)]


def read_platform(root: Path, platform_id: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Read one platform as the run's form has it; returns its receipt as plain data, of a dry run an empty one."""
    if params["platforms"] and platform_id not in params["platforms"]:
        raise AirflowSkipException("未选此平台 not chosen in the run's form")
    with failing_plainly():
        try:
            return _read(root, platform_id, params)
        except AirflowTaskTimeout:
            raise _give_up(root, platform_id) from None


def _read(root: Path, platform_id: str, params: Mapping[str, Any]) -> dict[str, Any]:
    from liandao import ingest, settings

    told = settings.read_settings(project=root)
    if params["dry_run"]:
        return _look_at(told, platform_id)
    since = date.fromisoformat(params["since"]) if params["since"] else None
    scope = ingest.Scope(afresh=params["full_refresh"], since=since)
    receipt = ingest.ingest_platform(told, platform_id, scope=scope).to_dict()
    telling.ingested(receipt)
    return receipt


def _look_at(settings: Any, platform_id: str) -> dict[str, Any]:
    """Ask a platform for its first rows and take nothing; raises what it failed with."""
    from connectors.probe import probe
    from connectors.registry import load_platform
    from liandao.project_file import load_deployment

    platform = load_platform(platform_id)
    checks = probe(platform, load_deployment(settings.project, settings.home), settings.home)
    for check in checks:
        telling.probed(check.stream, check.detail, passed=check.passed)
    for check in checks:
        if check.error is not None:
            raise check.error
    return {"platform_id": platform_id, "dry_run": True}


def _give_up(root: Path, platform_id: str) -> Exception:
    """Write down that a platform was not read in time, so that the next publish marks it stale."""
    from liandao.attempts import record_failure
    from liandao.settings import read_settings

    error = too_late(platform_id, f"liandao check {platform_id}")
    record_failure(read_settings(project=root).home, platform_id, error)
    return error


def judge(root: Path, line_id: str) -> dict[str, Any]:
    """The receipt of a line's gate."""
    from liandao import ingest, settings

    receipt = ingest.gate_line(settings.read_settings(project=root), line_id).to_dict()
    telling.judged(receipt)
    return receipt


def read_at(root: Path, platform_ids: Iterable[str]) -> list[str]:
    """When each of these platforms was last read without fault (ISO 8601), oldest first, as its attempt says."""
    from liandao.attempts import read_attempts
    from liandao.settings import read_settings

    attempts = read_attempts(read_settings(project=root).home)
    return sorted(attempts[name].at for name in platform_ids if name in attempts and attempts[name].ok)
