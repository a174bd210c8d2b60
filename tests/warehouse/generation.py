"""A whole small generation, from batches to publication, without the rooms that are not the warehouse's."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from schemas.receipts import Conformed, Landed
from tests.warehouse.batches import KEY
from warehouse import publish as publishing
from warehouse.build import Build, open_build, reopen_build
from warehouse.facts import build_facts
from warehouse.history import write_history
from warehouse.load import load_batches
from warehouse.places import point_current
from warehouse.publish import Published, install, publish, seal
from warehouse.state import set_platform_states

Pair = tuple[Landed, Conformed]


def link_everybody(build: Build) -> None:
    """Stand in for matching: the certificate number (or the record) is the person, every case its own matter."""
    build.con.execute("DELETE FROM warehouse.link_person")
    build.con.execute("DELETE FROM warehouse.link_matter")
    build.con.execute(
        "INSERT INTO warehouse.link_person"
        " SELECT record_id, 'p' || md5(coalesce(cert_no, record_id)), 'certain', 1 FROM vault.link_person_record"
    )
    build.con.execute(
        "INSERT INTO warehouse.link_matter"
        " SELECT record_id, 'm' || md5(record_id), NULL, NULL, 'first' FROM vault.core_case"
    )
    for kind in ("person", "matter"):
        write_history(build, kind)


def build_up(home: Path, run_id: str, *pairs: Pair, attempts: Sequence[Mapping[str, Any]] = ()) -> None:
    """Load batches and make facts, leaving the build to be published."""
    with open_build(home, run_id) as build:
        load_batches(build, pairs)
        set_platform_states(build, attempts)
    with reopen_build(home, run_id) as build:
        link_everybody(build)
        build_facts(build, KEY)


def grow(
    home: Path, run_id: str, *pairs: Pair, attempts: Sequence[Mapping[str, Any]] = (), **options: Any
) -> Published:
    """Publish one more generation with these batches and these last attempts."""
    build_up(home, run_id, *pairs, attempts=attempts)
    with reopen_build(home, run_id) as build:
        return publish(build, **options)


def install_as_it_is(home: Path, run_id: str) -> None:
    """Publish a build without the checks of a whole generation."""
    build = reopen_build(home, run_id)
    seal(build)
    install(build)
    point_current(home, build.generation)
    build.lock.release()


def rows(build_or_con: Any, text: str) -> list[dict[str, Any]]:
    """The rows of a query as dictionaries."""
    con = getattr(build_or_con, "con", build_or_con)
    found: list[dict[str, Any]] = con.execute(text).to_arrow_table().to_pylist()
    return found


def in_child(target: Callable[..., None], *words: Any) -> int | None:
    """Run a function in a process of its own; returns its exit code (minus the signal that ended it).

    Forked, for speed: no engine is open in the parent when it is called.
    """
    child = multiprocessing.get_context("fork").Process(target=target, args=words)
    child.start()
    child.join(60)
    return child.exitcode


def publish_and_die(home: Path, run_id: str, module: str, step: str, *, after: bool, url: str | None = None) -> None:
    """Publish a build that is ready, and be killed just before or after one step of it."""
    from importlib import import_module

    place: Any = publishing if module == "publish" else import_module(f"warehouse.{module}")
    real = getattr(place, step)

    def deadly(*words: Any, **options: Any) -> Any:
        answer = real(*words, **options) if after else None
        os.kill(os.getpid(), signal.SIGKILL)
        return answer

    setattr(place, step, deadly)
    with reopen_build(home, run_id) as build:
        publish(build, warehouse_url=url)
