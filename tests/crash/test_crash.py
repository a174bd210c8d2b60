"""A sample of ``make test-crash``, and that it sees what it should: every write, and a fault where one is planted."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from schemas import ddl, project
from schemas.catalogue import tables
from schemas.errors import PointerLost
from tests.crash import scene
from tests.crash.order import unsafe
from tests.crash.points import KILL, ROOT, Point
from tests.crash.trial import (
    INGEST,
    STEPS,
    TRIES,
    Night,
    again,
    do,
    in_child,
    night_of_tasks,
    quick_folder,
    struck,
    unwhole,
)
from warehouse import places, state

DURABLE = {
    "connectors/landing.py:finish": {"os.fsync", "os.rename"},
    "connectors/extract.py:extract": {"os.fsync", "os.rename"},
    "transforms/conform/files.py:write_table": {"open", "write", "parquet", "os.fsync", "os.rename"},
    "transforms/conform/platform.py:conform_platform": {"write", "os.fsync", "os.rename"},
    "transforms/quality/gate.py:gate_line": {"write", "os.fsync", "os.rename"},
    "liandao/attempts.py:record_success": {"write", "os.fsync", "os.rename"},
    "warehouse/build.py:_write_state": {"write", "os.fsync", "os.rename"},
    "warehouse/build.py:settle": {"commit"},
    "warehouse/structure.py:replace_table": {"statement", "commit"},
    "warehouse/load.py:_merge": {"statement"},
    "warehouse/ledger.py:_move_cursors": {"statement"},
    "warehouse/publish.py:seal": {"os.chmod", "os.fsync", "commit"},
    "warehouse/publish.py:install": {"os.rename", "os.fsync"},
    "warehouse/publish.py:prune": {"os.remove", "os.rmdir"},
    "warehouse/places.py:point_current": {"os.symlink", "os.rename", "os.fsync"},
    "transforms/match/register/store.py:_replace": {"write", "os.fsync", "os.rename"},
    "reports/build.py:_put_in_place": {"os.rename", "os.rmdir"},
    "liandao/upkeep/trail.py:begin_receipt": {"write", "os.fsync", "os.rename"},
    "liandao/upkeep/trail.py:keep_receipt": {"write", "os.fsync", "os.rename"},
    "liandao/upkeep/prune.py:clear_loaded": {"os.remove"},
}
"""What the program is known to do that lasts, and where."""


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    with quick_folder(tmp_path_factory.mktemp("crash")) as folder:
        yield Night.live(folder)
    project.use(None)


@pytest.fixture
def root(night: Night) -> Path:
    """Where a copy of the bureau may lie."""
    return night.folder / "copy"


def test_a_night_whose_every_task_is_killed_several_times(night: Night, root: Path) -> None:
    seed = str(random.SystemRandom().randrange(10**6))
    kills, wrong = night_of_tasks(night, root, seed, tries={name: max(1, n // 2) for name, n in TRIES.items()})
    assert wrong == [], f"seed {seed}"
    assert kills >= 6, f"seed {seed}"


def test_everything_durable_is_a_point(night: Night) -> None:
    seen: dict[str, set[str]] = {}
    for point in (p for points in night.points.values() for p in points):
        for part in point.site.split(" < "):
            seen.setdefault(re.sub(r":\d+$", "", part), set()).add(point.operation)
    missing = {name: wanted - seen.get(name, set()) for name, wanted in DURABLE.items()}
    assert {name: rest for name, rest in missing.items() if rest} == {}
    for name in DURABLE:
        path, function = name.split(":")
        assert f"def {function}(" in (ROOT / path).read_text(encoding="utf-8"), "a name that is there"


def test_no_file_comes_to_the_home_without_a_point(night: Night) -> None:
    """Counted from outside: the files of the home before and after. What DuckDB writes is told by its statements."""
    before, after = (_files(folder / "home") for folder in (night.before(INGEST), night.folder / "undisturbed"))
    told = {os.path.basename(p) for paths in night.paths.values() for pair in paths for p in pair if p}
    assert {name for name in after - before if os.path.basename(name) not in told} == set()
    assert len(after - before) > 25


def _files(home: Path) -> set[str]:
    return {str(p.relative_to(home)) for p in home.rglob("*") if p.is_file() or p.is_symlink()}


def test_names_and_bytes_last_before_anything_speaks_of_them(night: Night) -> None:
    points = [p for step in STEPS for p in night.points[step]]
    paths = [p for step in STEPS for p in night.paths[step]]
    assert unsafe(points, paths) == []
    for forgotten in ("connectors/landing.py:finish", "transforms/conform/platform.py", "warehouse/publish.py:seal"):
        kept = [n for n, p in enumerate(points) if p.operation != "os.fsync" or forgotten not in p.site]
        assert unsafe([points[n] for n in kept], [paths[n] for n in kept]), forgotten


def struck_at(night: Night, root: Path, step: str, function: str, operation: str, number: int = 1) -> dict[str, Any]:
    """The night killed at one operation of one function; what is wrong for readers, after a retry, after a new run."""
    scene.copy(night.before(step), root)
    settings = night.settings(root)

    def strike(point: Point) -> str | None:
        is_it = function in point.site and (point.operation, point.number) == (operation, number)
        return KILL if is_it else None

    assert struck(settings, step, night.run_id, strike).killed
    try:
        readers = unwhole(settings, night)
    except PointerLost as error:
        readers = [str(error)]

    def retry() -> list[str]:
        for later in STEPS[STEPS.index(step) :]:
            do(settings, later, night.run_id)
        return scene.wrong(settings, night.contents[1])

    return {"readers": readers, "retry": in_child(retry).told, "run": again(settings, night.contents[1])}


def test_a_pointer_that_is_not_turned_in_one_step_is_caught(
    night: Night, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def turn(home: Path, generation: int) -> None:
        link = places.current_link(home)
        link.unlink()
        link.symlink_to(places.generation_folder(home, generation).name)

    with monkeypatch.context() as planted:
        planted.setattr(places, "point_current", turn)
        assert "LD-4005" in str(struck_at(night, root, "publish", "publish.py", "os.symlink")["readers"])


def test_a_table_that_is_emptied_before_it_is_filled_is_caught(
    night: Night, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace(con: Any, name: str, rows: pa.Table) -> int:
        con.register("incoming_rows", rows)
        con.execute(f"DELETE FROM {ddl.qualified(tables()[name])}")
        con.execute(f"INSERT INTO {ddl.qualified(tables()[name])} BY NAME FROM incoming_rows")
        return int(rows.num_rows)

    with monkeypatch.context() as planted:
        planted.setattr(state, "replace_table", replace)
        wrong = struck_at(night, root, "measure", "state.py:write_settings", "statement", 2)
        assert any("ctl_setting" in told for told in wrong["retry"])
