"""Trials: a part of the night is struck in a process of its own, another process goes on, and all must be well."""

from __future__ import annotations

import json
import os
import random
import select
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from liandao import flow, steps
from liandao.home import new_id
from liandao.logs import LOGGER
from liandao.settings import Settings
from loopback.postgresql import PostgresServer
from schemas.errors import LiandaoError
from tests.crash import scene
from tests.crash.points import FULL, GROWING, KILL, Point, Watch, watching
from tests.warehouse.conftest import new_database
from warehouse import places

INGEST = "ingest"
STEPS = (INGEST, *(step.__name__ for step in flow.UNIFY))
LONGEST_S = 180
NO_BUILD = "this run has no loaded build to go on with"
ROOM_CODE = "LD-1031"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a process ended. ``told``: what it sent; None when it was killed first."""

    status: int
    told: Any = None

    @property
    def killed(self) -> bool:
        return os.WIFSIGNALED(self.status)


def in_child(work: Callable[[], Any], kill_after: float | None = None) -> Outcome:
    """Run in a forked process and take what it returns; kill it so many seconds after it has begun."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        _be_child(work, reading, writing)
    os.close(writing)
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(process, signal.SIGKILL)
    told, deadline = b"", time.monotonic() + LONGEST_S
    while True:
        ready, _, _ = select.select([reading], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            os.kill(process, signal.SIGKILL)
            told = json.dumps({"raised": "it hangs"}).encode()
            break
        if not (part := os.read(reading, 65_536)):
            break
        told += part
    os.close(reading)
    _, status = os.waitpid(process, 0)
    return Outcome(status, json.loads(told) if told else None)


def _be_child(work: Callable[[], Any], reading: int, writing: int) -> None:
    os.close(reading)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    LOGGER.handlers[:] = []  # the log of another home
    code = 0
    try:
        told = work()
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is told
        code, told = 1, {"raised": _in_words(error), "trace": traceback.format_exc()[-2000:]}
    octets = json.dumps(told).encode()
    while octets:
        octets = octets[os.write(writing, octets) :]
    os._exit(code)


def _in_words(error: BaseException) -> str:
    return f"{error.code} {error.message} [{error.found}]" if isinstance(error, LiandaoError) else repr(error)


def shown(work: Callable[[], Any]) -> tuple[str, str]:
    """Code and text of the error that work ends with; both empty without one, or of the first platform that failed."""
    try:
        lines = work()
    except LiandaoError as error:
        return error.code, str(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        return "", repr(error)
    failed = [e for line in lines for e in line.failed.values()]
    return (failed[0].code, str(failed[0])) if failed else ("", "")


@contextmanager
def quick_folder(usual: Path | None = None) -> Iterator[Path]:
    """A folder in memory where there is one: a kill is not a power cut, and nothing waits for a disk."""
    in_memory = os.access("/dev/shm", os.W_OK)  # noqa: S108
    if usual is not None and not in_memory:
        yield usual
        return
    folder = Path(tempfile.mkdtemp(prefix="liandao-crash-", dir="/dev/shm" if in_memory else None))  # noqa: S108
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Night:
    """The night, cut into its steps. ``before``: step -> the bureau as that step finds it; ``points``: step -> the
    points of an undisturbed one; ``seconds`` and ``events``: how long each is; ``contents``: what readers see before
    and after. ``store``: the address of a PostgreSQL store as it is before, to be copied."""

    folder: Path
    run_id: str = "r0"
    server: PostgresServer | None = None
    store: str | None = None
    points: dict[str, list[Point]] = field(default_factory=dict)
    paths: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    events: dict[str, int] = field(default_factory=dict)
    contents: tuple[dict[str, str], dict[str, str]] = field(default_factory=lambda: ({}, {}))

    def before(self, step: str) -> Path:
        """The bureau as a step finds it."""
        return self.folder / step

    @classmethod
    def live(cls, folder: Path, server: PostgresServer | None = None, *, undisturbed: bool = True) -> Night:
        """Make the bureau, and live its night once undisturbed, step by step."""
        night = cls(folder, new_id("r"), server)
        settings = scene.make(night.before(INGEST))
        if server is not None:
            from warehouse import postgres

            night.store = new_database(server)
            postgres.follow(settings.home, night.store)
        if undisturbed:
            night._look(folder / "undisturbed")
        return night

    def _look(self, root: Path) -> None:
        scene.copy(self.before(INGEST), root)
        settings = self.settings(root, with_store=self.store is not None)
        first = scene.content(settings.home)
        for step in STEPS:
            if step != INGEST:
                scene.copy(root, self.before(step))
            looked = in_child(partial(self._watched, settings, step))
            if looked.status:
                raise AssertionError(f"the undisturbed night fails in {step}: {looked.told}")
            self.points[step] = [Point(*p) for p in looked.told["points"]]
            self.paths[step] = [(a, b) for a, b in looked.told["paths"]]
            self.seconds[step], self.events[step] = looked.told["seconds"], looked.told["events"]
        self.contents = first, scene.content(settings.home)
        if found := scene.wrong(settings, self.contents[1]):
            raise AssertionError(f"the undisturbed night: {found}")

    def _watched(self, settings: Settings, step: str) -> dict[str, Any]:
        started = time.monotonic()
        with watching(Watch(settings.home)) as watch:
            do(settings, step, self.run_id)
        points = [(p.site, p.operation, p.number) for p in watch.met]
        seconds = time.monotonic() - started
        return {"points": points, "paths": watch.paths, "seconds": seconds, "events": watch.events}

    def settings(self, root: Path, *, with_store: bool = False) -> Settings:
        """Settings of a copy; with a copy of the store, where that is asked."""
        url = new_database(self.server, template=self.store) if with_store and self.server else None
        return scene.settings_of(root, url)

    def forget(self, settings: Settings) -> None:
        """Drop a copy of the store."""
        if settings.warehouse_url and self.server is not None:
            name = settings.warehouse_url.rsplit("/", 1)[1]
            with psycopg.connect(self.server.address, autocommit=True) as con:
                con.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def warm(self, root: Path) -> None:
        """Live it once in this process, so that forked ones are born with what is read once."""
        scene.copy(self.before(INGEST), root)
        scene.run_night(self.settings(root))


def do(settings: Settings, step: str, run_id: str) -> None:
    """One step, as a task does it. What a platform fails of is raised."""
    if step != INGEST:
        getattr(steps, step)(settings, run_id)
        return
    for line in scene.read_lines(settings):
        for error in line.failed.values():
            raise error


def struck(settings: Settings, step: str, run_id: str, strike: Callable[[Point], str | None]) -> Outcome:
    """A step in a process of its own, with something done to it. Told: the point where it was, if any, and what was
    raised."""

    def work() -> dict[str, Any]:
        raised = None
        with watching(Watch(settings.home, strike)) as watch:
            try:
                do(settings, step, run_id)
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is told
                raised = _in_words(error)
        return {"struck": str(watch.struck or ""), "raised": raised}

    return in_child(work)


def killed_at_random(
    settings: Settings, night: Night, chance: random.Random, parts: tuple[str, ...], run_id: str
) -> Outcome:
    """Parts of the night in a process that is killed somewhere: after a while, or at an event of its own."""
    by_time = chance.random() < 0.5
    seconds, events = sum(night.seconds[p] for p in parts), sum(night.events[p] for p in parts)
    last = 0 if by_time else chance.randint(1, events)

    def work() -> str:
        with watching(Watch(settings.home, last_event=last)):
            for part in parts:
                do(settings, part, run_id)
        return "ended"

    return in_child(work, chance.uniform(0, seconds) if by_time else None)


def again(settings: Settings, expected: dict[str, str]) -> list[str]:
    """A whole run, undisturbed, in a process of its own; what is wrong then."""

    def work() -> list[str]:
        lines = scene.run_night(settings)
        failed = [_in_words(e) for line in lines for e in line.failed.values()]
        return failed + scene.wrong(settings, expected)

    done = in_child(work)
    return done.told if done.status == 0 else [f"the next run fails: {done.told}"]


def unwhole(settings: Settings, night: Night) -> list[str]:
    """What readers see when somebody else has just been cut off, if it is neither of the two generations."""
    seen = scene.content(settings.home)
    return [] if seen in night.contents else ["readers see what no run has published"]


RESULTS = "ctl_quality_result"
"""Has rows for each gate: where a platform failed and its line was judged without it, two gates judge what else one
does."""


def each(night: Night, root: Path, step: str, point: Point, mode: str, *, with_store: bool = False) -> list[str]:
    """The night, struck at one point of one step, then run again."""
    scene.copy(night.before(step), root)
    settings = night.settings(root, with_store=with_store)
    outcome = struck(settings, step, night.run_id, lambda met: mode if met == point else None)
    expected = dict(night.contents[1])
    if step == INGEST and mode != KILL:
        del expected[RESULTS]
    found = [*_not_as_meant(outcome, point, mode), *unwhole(settings, night), *again(settings, expected)]
    night.forget(settings)
    return found


def _not_as_meant(outcome: Outcome, point: Point, mode: str) -> list[str]:
    if outcome.killed or outcome.told.get("raised") == "it hangs":
        return [] if mode == KILL else [f"ended by {outcome.status} instead of an error"]
    if not outcome.told["struck"] and point.number == 1:  # later ones depend on the order of platforms
        return ["the point never came"]
    return told_as(str(point), mode, outcome.told["raised"])


def told_as(point: str, mode: str, raised: str | None) -> list[str]:
    """What is said of a full disk, where it is not that the disk is full."""
    is_ours = point.split()[0] in GROWING and "warehouse/postgres.py" not in point
    if mode != FULL or not is_ours or raised is None or raised.startswith(ROOM_CODE):
        return []
    return [f"a full disk is told as {raised} at {point}"]


def over_and_over(night: Night, root: Path, step: str, mode: str) -> tuple[int, list[str]]:
    """One step, struck at its first point, tried again and struck at the next, and so on until it gets through; then
    the rest of the night. Returns how often it was struck, and what is wrong."""
    scene.copy(night.before(step), root)
    settings = night.settings(root)
    lasts = last_of_each(night.points[step])
    done, found = set[str](), list[str]()
    while True:

        def strike(met: Point) -> str | None:
            is_due = str(met) not in done and (met.number == 1 or met in lasts)
            return _noted(root, met, mode) if is_due else None

        outcome = struck(settings, step, night.run_id, strike)
        if outcome.killed:
            point = (root / "struck").read_text(encoding="utf-8")
        else:
            point = outcome.told["struck"]
            if not point and outcome.told["raised"]:
                return len(done), [*found, f"{step} can't be tried again: {outcome.told['raised']}"]
            if not point:
                break
            found += told_as(point, mode, outcome.told["raised"])
        done.add(point)
    rest = STEPS[STEPS.index(step) + 1 :]

    def work() -> list[str]:
        for later in rest:
            do(settings, later, night.run_id)
        return scene.wrong(settings, night.contents[1])

    ended = in_child(work)
    found += ended.told if ended.status == 0 else [f"the rest of the night fails: {ended.told}"]
    return len(done), found


def _noted(root: Path, point: Point, mode: str) -> str:
    handle = os.open(root / "struck", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.write(handle, str(point).encode())
    os.close(handle)
    return mode


def last_of_each(points: list[Point]) -> set[Point]:
    """The last time that each point came."""
    return set({(p.site, p.operation): p for p in points}.values())


def chosen(points: list[Point]) -> list[Point]:
    """The first and the last time that each point came, in order."""
    lasts = last_of_each(points)
    return [p for p in points if p.number == 1 or p in lasts]


TRIES = {INGEST: 6, "load": 4, "match": 4, "measure": 3, "publish": 4, "report": 3}
"""How often each task of a night is killed before it is let through."""


def night_of_tasks(
    night: Night, root: Path, seed: str, *, with_store: bool = False, tries: Mapping[str, int] = TRIES
) -> tuple[int, list[str]]:
    """A night whose every task is killed several times and tried again; how many kills, and what is wrong."""
    chance, kills, found = random.Random(seed), 0, list[str]()  # noqa: S311
    scene.copy(night.before(INGEST), root)
    settings = night.settings(root, with_store=with_store)
    current = places.current_link(settings.home)
    run_id, before, todo = new_id("r"), os.readlink(current), list(STEPS)
    tries = dict(tries)
    while todo:
        step = todo[0]
        if tries[step] > 0:
            tries[step] -= 1
            outcome = killed_at_random(settings, night, chance, (step,), run_id)
            kills += outcome.killed
        else:
            outcome = in_child(partial(do, settings, step, run_id))
        if os.readlink(current) != before:
            found += unwhole(settings, night)
        if outcome.status == 0:
            todo.pop(0)
        elif not outcome.killed:
            raised = outcome.told["raised"]
            if step == "publish" and NO_BUILD in raised:  # killed after it had been moved: the run begins again
                run_id, todo = new_id("r"), list(STEPS[1:])
                tries |= dict.fromkeys(STEPS[1:-1], 0)
            else:
                return kills, [*found, f"{step} can't be tried again: {raised}"]
    checked = in_child(lambda: scene.wrong(settings, night.contents[1]))
    night.forget(settings)
    return kills, [*found, *(checked.told if checked.status == 0 else [str(checked.told)])]


def runs_cut_off(night: Night, root: Path, seed: str, *, with_store: bool = False) -> tuple[int, list[str]]:
    """A run killed anywhere, the next one too, and the next runs through."""
    chance, kills, found = random.Random(seed), 0, list[str]()  # noqa: S311
    scene.copy(night.before(INGEST), root)
    settings = night.settings(root, with_store=with_store)
    for _ in range(2):
        kills += killed_at_random(settings, night, chance, STEPS, new_id("r")).killed
        found += unwhole(settings, night)
    found += again(settings, night.contents[1])
    night.forget(settings)
    return kills, found
