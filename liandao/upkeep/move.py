"""Moving a home: to another folder or another disk, whole or not at all."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import ExitStack
from pathlib import Path

from liandao import __version__
from liandao.answers.upkeep import MovedHome
from liandao.home_file import write_home_file
from liandao.project import HOME_VARIABLE
from liandao.project_file import read_project
from liandao.settings import Settings
from schemas.durable import sync
from schemas.errors import SystemRefused, UsageError
from schemas.project import PROJECT_FILE
from warehouse.lock import all_locks


def move(settings: Settings, target: Path) -> MovedHome:
    """Move a home to ``target``, a folder that is empty or not there. On another disk every file is copied, read back
    and compared before the old one is removed.

    Raises UsageError where the folder holds something or lies in the home, RunInProgress while anybody works in it,
    SystemRefused where the copy is not the same.
    """
    home, root = settings.home, settings.project
    if (target.exists() and any(target.iterdir())) or target.is_relative_to(home):
        raise UsageError(
            "a home can't be moved there", where="DIR", expected="a new folder outside the home", found=str(target)
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        for lock in all_locks(home):
            stack.enter_context(lock)
        if target.exists():
            target.rmdir()
        try:
            os.rename(home, target)
        except OSError:  # another disk
            _copy(home, target)
            shutil.rmtree(home)
        sync(target.parent)
        if root is not None:
            write_home_file(target, root, read_project(root).name, __version__)
    return MovedHome(str(home), str(target), _next(settings, target))


def _next(settings: Settings, target: Path) -> list[str]:
    origin = settings.origins.get("home", "")
    if origin.startswith(HOME_VARIABLE):
        return [f"{origin}: {HOME_VARIABLE}={target}", "liandao doctor"]
    return [f"{PROJECT_FILE}: settings: {{home: {target}}}", "liandao doctor"]


def _copy(home: Path, target: Path) -> None:
    temporary = target.with_name(f".{target.name}.moving")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        shutil.copytree(home, temporary, symlinks=True)
        for path in sorted(home.rglob("*")):
            copy = temporary / path.relative_to(home)
            if path.is_file() and not path.is_symlink():
                sync(copy)
                if _digest(path) != _digest(copy):
                    raise SystemRefused("a copied file is not the same", where=str(copy), next_step="check the disk")
        os.replace(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
