"""What surrounds a run goes wrong: a disk that is full or read-only for real, a clock that is set back, odd names."""

from __future__ import annotations

import shutil
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import DiskFull, SystemRefused
from tests.crash import disk, scene
from tests.crash.test_crash import night, root
from tests.crash.trial import INGEST, Night, in_child, shown
from warehouse import places

__all__ = ["night", "root"]
ODD = "连岛 数据 o'dd \"名\""
PLENTY = 400_000_000


def on_a_disk_of_its_own(night: Night, folder: Path) -> dict[str, Any]:
    """The night on a disk with more and more room, then on one that nobody may write to, then undisturbed. Told: what
    was said each time, with the generation that readers saw, and what is wrong in the end."""
    try:
        disk.begin_apart()
    except OSError as error:
        return {"skip": f"no mounts of one's own here: {error.strerror}"}
    home = folder / "bureau" / "home"
    disk.mount(folder, PLENTY)
    scene.copy(night.before(INGEST), folder / "bureau")
    settings = scene.settings_of(folder / "bureau")
    used = PLENTY - _free(folder)
    generation = places.current_folder(home)
    assert generation is not None
    size = sum(p.stat().st_size for p in generation.iterdir() if p.is_file())
    told: list[Any] = []
    for room, read_only in ((40_000, False), (size // 2, False), (size + 20_000, False), (PLENTY, True)):
        disk.remount(folder, used + room, read_only=read_only)
        said = in_child(lambda: shown(lambda: scene.run_night(settings))).told
        told.append([*said, places.current_generation(home)])
        disk.remount(folder, PLENTY)
        used = PLENTY - _free(folder)
    scene.run_night(settings)
    return {"told": told, "wrong": scene.wrong(settings, night.contents[1])}


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def test_a_disk_that_is_full_or_read_only_is_told_and_costs_nothing(night: Night, tmp_path: Path) -> None:
    done = in_child(lambda: on_a_disk_of_its_own(night, tmp_path / ODD)).told
    if "skip" in done:
        pytest.skip(done["skip"])
    assert done.get("wrong") == [], done
    *full, read_only = done["told"]
    for code, text, generation in full:
        assert code == DiskFull.code, done["told"]
        assert "MB free" in text
        assert "rebuilt" not in text
        assert generation == 3, "readers keep what they had"
    assert read_only[0] == SystemRefused.code, read_only
    assert "Read-only file system" in read_only[1]


def set_back(by: timedelta) -> None:
    """Set the clock of this process's program back."""

    class Early(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) - by

    for name, module in list(sys.modules.items()):
        is_ours = name.partition(".")[0] in ("liandao", "warehouse", "connectors", "transforms", "schemas", "reports")
        if is_ours and getattr(module, "datetime", None) is datetime:
            module.datetime = Early  # type: ignore[attr-defined]


def test_a_clock_that_is_set_back_loses_and_doubles_nothing(night: Night, root: Path) -> None:
    scene.copy(night.before(INGEST), root)
    settings = night.settings(root)

    def early() -> list[str]:
        set_back(timedelta(days=2))
        scene.run_night(settings)
        return scene.wrong(settings, night.contents[1])

    assert in_child(early).told == []

    def later() -> list[str]:
        scene.drop(settings.home, scene.PLATFORM, 3, 2)
        scene.run_night(settings)
        return [*map(str, (scene.in_sources(settings.home) - scene.in_warehouse(settings.home)).items())]

    assert in_child(later).told == []
