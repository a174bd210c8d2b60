"""Steps taken back: generations, rollback, batches set aside and released, runs of some platforms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from liandao import flow
from liandao.batches import unpublished
from liandao.cli import app
from liandao.commands.run import chosen
from liandao.ingest import Scope
from liandao.settings import Settings
from schemas.errors import UsageError
from tests.liandao.calling import assert_shaped
from tests.liandao.test_landing import (
    OTHER,
    PLATFORMS,
    bring,
    in_sources,
    in_warehouse,
    night,
    read,
    settings,
    two_nights,
    unify,
)
from tests.projects import LINE, PLATFORM, write
from warehouse import places
from warehouse.audit import audit
from warehouse.checksum import overall_checksum, table_checksums
from warehouse.reader import connect

__all__ = ["settings", "two_nights"]


def call(settings: Settings, *words: str, shape: str, exit_code: int = 0, named: bool = True) -> Any:
    """The JSON that a command prints; ``named``: whether it takes the project."""
    project = ("--project", str(settings.project)) if named else ()
    ran = CliRunner().invoke(app, [*words, "--json", *project])
    assert ran.exit_code == exit_code, (ran.output, ran.exception)
    data = json.loads(ran.stdout)
    assert_shaped(shape, data)
    return data


def content(home: Path) -> str:
    with connect(home) as con:
        return overall_checksum(table_checksums(con))


def test_a_rollback_stays_until_its_batches_are_released(settings: Settings) -> None:
    home = settings.home
    second, night_two = in_warehouse(home), content(home)
    night(settings, 2)
    night_three = content(home)
    assert [(r["generation"], r["is_published"]) for r in call(settings, "generations", shape="generations")] == [
        (3, True), (2, False), (1, False),
    ]  # fmt: skip

    done = call(settings, "rollback", "2", "--reason", "错误的对照表", shape="rollback")
    assert (done["before"], done["now"], len(done["set_aside"])) == (3, 2, 2)
    assert (content(home), in_warehouse(home)) == (night_two, second)

    bring(settings, 3)
    assert read(settings) == []
    unify(settings)
    third_night = {(name, str(20 + n)) for name in PLATFORMS for n in range(2)}
    assert set(in_sources(home) - in_warehouse(home)) == third_night, "kept out, and not read again"
    assert audit(home) == []
    rows = call(settings, "batch", "list", shape="batch list")
    assert [(r["state"], r["reason"], r["rows"]) for r in rows] == [("aside", "错误的对照表", 2)] * 2

    released = call(settings, "batch", "release", *done["set_aside"], shape="batch release")
    assert sorted(released["batch_ids"]) == sorted(done["set_aside"])
    assert {b.state for b in unpublished(home)} == {"to load"}
    assert read(settings) == [], "nothing is new"
    unify(settings)
    assert in_warehouse(home) == in_sources(home)
    assert unpublished(home) == []
    assert audit(home) == []
    assert content(home) != night_three


def test_going_forward_again_releases_what_that_generation_holds(settings: Settings) -> None:
    home, newest = settings.home, content(settings.home)
    back = call(settings, "rollback", "1", "--reason", "probe", shape="rollback")
    assert in_warehouse(home) != in_sources(home)
    forward = call(settings, "rollback", "2", "--reason", "probe", shape="rollback")
    assert sorted(forward["released"]) == sorted(back["set_aside"])
    assert content(home) == newest
    night(settings, 2)
    assert in_warehouse(home) == in_sources(home)


def test_a_batch_set_aside_waits(settings: Settings) -> None:
    home = settings.home
    bring(settings, 2)
    assert read(settings) == []
    (one, other) = call(settings, "batch", "list", shape="batch list")
    assert {one["state"], other["state"]} == {"to load"}
    call(settings, "batch", "set-aside", one["batch_id"], "--reason", "doubtful", shape="batch set-aside")
    unify(settings)
    assert {name for name, _ in in_sources(home) - in_warehouse(home)} == {one["platform_id"]}
    call(settings, "batch", "release", one["batch_id"], shape="batch release")
    unify(settings)
    assert in_warehouse(home) == in_sources(home)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("rollback", "7", "--reason", "x"), "no such generation"),
        (("rollback", "1"), "Missing option '--reason'"),
        (("batch", "set-aside", "b1", "--reason", "x"), "unknown batch"),
        (("batch", "release", "b1"), "unknown batch"),
        (("run", "--platform", "patrol_lgo"), "did you mean patrol_log?"),
        (("run", "--line", "gird"), "did you mean grid?"),
    ],
)
def test_unknown_names_are_told_and_change_nothing(
    settings: Settings, words: tuple[str, ...], message: str
) -> None:
    before = content(settings.home)
    ran = CliRunner().invoke(app, [*words, "--project", str(settings.project)])
    assert ran.exit_code != 0
    assert message in ran.output + str(ran.exception)
    assert (content(settings.home), places.current_generation(settings.home)) == (before, 2)


def test_a_run_of_some_platforms_leaves_the_others_as_they_are(settings: Settings) -> None:
    home = settings.home
    bring(settings, 2)
    done = flow.run(settings, choice=chosen([PLATFORM], [], [], Scope()))
    assert [i.platform_id for line in done.lines for i in line.ingested] == [PLATFORM]
    assert {name for name, _ in in_sources(home) - in_warehouse(home)} == {OTHER}
    with connect(home) as con:
        assert con.execute("SELECT count(*) FROM warehouse.ctl_platform_state WHERE is_stale").fetchone() == (0,)
    done = flow.run(settings, choice=chosen([], ["grid"], [], Scope(afresh=True)))
    read_again = sorted((i.platform_id, i.extracted) for line in done.lines for i in line.ingested)
    assert read_again == [(OTHER, 6), (PLATFORM, 6)]
    assert in_warehouse(home) == in_sources(home)
    assert audit(home) == []
    with pytest.raises(UsageError):
        chosen(["nobody"], [], [], Scope())


def test_what_a_run_would_read_is_told_and_nobody_is_asked(settings: Settings) -> None:
    home, root = settings.home, settings.project
    assert root is not None
    bring(settings, 2)
    before = sorted(home.rglob("*"))
    for name in PLATFORMS:
        (home / name).rename(home / f"{name} away")
    rows = call(settings, "run", "--dry-run", "--platform", PLATFORM, shape="run")
    assert [(r["platform_id"], r["stream"], r["reading"]) for r in rows] == [
        (PLATFORM, "usage", "新文件 new files (2 已读 read)")
    ]
    (whole,) = call(settings, "run", "--dry-run", "--platform", PLATFORM, "--full-refresh", shape="run")
    assert whole["reading"] == "从头 from the beginning"
    assert call(settings, "run", "--dry-run", "--stream", "case", shape="run") == []
    for name in PLATFORMS:
        (home / f"{name} away").rename(home / name)
    assert sorted(p for p in home.rglob("*") if "logs" not in p.parts) == [p for p in before if "logs" not in p.parts]
    write(root / "sources" / "grid" / "_line.yml", LINE + "tags: [daily]\n")
    assert len(call(settings, "run", "--dry-run", "--tag", "daily", shape="run")) == 2
    for words, message in ((("--tag", "dayly"), "did you mean daily?"), (("--stream", "usege"), "did you mean usage?")):
        ran = CliRunner().invoke(app, ["run", "--dry-run", *words, "--project", str(root)])
        assert message in str(ran.exception)
