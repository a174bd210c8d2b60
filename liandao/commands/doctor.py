"""``liandao doctor``: is this machine and this home fit to run, and what to do where it is not."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Callable

import typer

from liandao.answers.plain import Finding
from liandao.import_names import ROOT, own_names, taken_names
from liandao.options import HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import Settings, read_settings
from schemas.errors import ConfigurationError, LiandaoError

GIGABYTE = 1024**3
LEAST_FREE = 2 * GIGABYTE


def doctor(home: HomeOption = None, project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Look at Python, its packages, SM3, the platform files, the home, its key, its disk and its warehouse."""
    settings = read_settings(home, project)
    findings = [_look(name, look, settings) for name, look in LOOKS.items()]
    rows = [("✓" if f.ok else "✗", f.check, f.found) for f in findings]
    answer(as_json, findings, lambda: print_table("体检 doctor", ("", "项目 check", "结果 found"), rows))
    raise typer.Exit(0 if all(f.ok for f in findings) else ConfigurationError.exit_code)


def _look(name: str, look: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(name, True, look(settings))
    except LiandaoError as error:
        return Finding(name, False, "; ".join(line.strip() for line in error.lines()))


def _python(_settings: Settings) -> str:
    return sys.version.split()[0]


def _import_names(_settings: Settings) -> str:
    taken = taken_names()
    if taken:
        raise ConfigurationError(
            "another distribution has taken names that liandao imports",
            expected=str(ROOT),
            found=", ".join(map(str, taken)),
            next_step="install liandao into an environment of its own",
        )
    return f"{len(own_names())} packages, all our own"


def _duckdb(_settings: Settings) -> str:
    import duckdb

    return duckdb.__version__


def _sm3(_settings: Settings) -> str:
    if "sm3" not in hashlib.algorithms_available:
        raise ConfigurationError(
            "this Python's OpenSSL has no SM3",
            expected="OpenSSL 3 with SM3",
            next_step="use a Python built on OpenSSL 3",
        )
    return "available"


def _registry(_settings: Settings) -> str:
    from connectors.registry import load_registry

    registry = load_registry()
    registry.refuse_broken()
    return f"{len(registry.platforms)} platforms in {len(registry.lines)} lines"


def _deployment(settings: Settings) -> str:
    from liandao.project_file import load_deployment

    deployment = load_deployment(settings.project, settings.home)
    return f"{len(deployment.endpoints)} endpoints, {len(deployment.scope)} communities in scope"


def _key(settings: Settings) -> str:
    from liandao.home import KEY_FILE, load_key

    if not (settings.home / KEY_FILE).exists():
        return "none yet: the first run makes one"
    load_key(settings.home)
    return str(KEY_FILE)


def _disk(settings: Settings) -> str:
    place = next(p for p in (settings.home, *settings.home.parents) if p.exists())
    free = shutil.disk_usage(place).free
    if free < LEAST_FREE:
        raise ConfigurationError(
            "little room is left on the disk",
            where=str(place),
            expected=f"{LEAST_FREE // GIGABYTE} GiB free",
            found=f"{free / GIGABYTE:.1f} GiB",
        )
    return f"{free / GIGABYTE:.0f} GiB free"


def _warehouse(settings: Settings) -> str:
    from warehouse import reader

    if not reader.is_published(settings.home):
        return "nothing published yet: liandao run"
    with reader.connect(settings.home) as con:
        row = con.execute("SELECT max(generation) FROM warehouse.ctl_run").fetchone()
    return f"generation {row[0] if row else '?'}"


LOOKS: dict[str, Callable[[Settings], str]] = {
    "Python": _python,
    "导入名 import names": _import_names,
    "DuckDB": _duckdb,
    "SM3": _sm3,
    "平台文件 platform files": _registry,
    "磁盘 disk": _disk,
    "连接 endpoints": _deployment,
    "密钥 key": _key,
    "仓库 warehouse": _warehouse,
}
