"""``make test-crash``: every point of the night struck in every way on both stores, and a thousand kills anywhere.

    python -m tests.crash.campaign [--seed N] [--kills 1000] [--only KIND] [--jobs 2] [--minutes M]

Trials come in an order that the seed decides, so that those of a campaign cut short by ``--minutes`` are a fair sample.

Kinds of trials (``--only``, and what is printed of a failure, which the same seed brings again):

* ``each``   the steps in which something lasts (ingest, publish): struck at one point, then the whole run again
* ``over``   the steps that are tried again (load, match, measure, report): struck at one point after another
* ``tasks``  a night whose every task is killed several times at random instants, and tried again
* ``runs``   a run killed at random, the next run killed too, and the next goes through
* ``real``   ``liandao run`` with its worker processes: the parent or a worker killed, then run again
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loopback.postgresql import PostgresServer
from tests.crash.points import MODES
from tests.crash.real import real_run
from tests.crash.trial import (
    INGEST,
    TRIES,
    Night,
    chosen,
    each,
    night_of_tasks,
    over_and_over,
    quick_folder,
    runs_cut_off,
)

LASTING = (INGEST, "publish")
REPEATED = ("load", "match", "measure", "report")
STORE = "warehouse/postgres.py"
RUNS, REAL = 20, 6


@dataclass(frozen=True, slots=True)
class Job:
    """One trial. ``words``: what it is about."""

    kind: str
    words: tuple[Any, ...]

    def __str__(self) -> str:
        return " ".join([self.kind, *map(str, self.words)])


@dataclass
class Tally:
    """What came of all jobs."""

    trials: Counter[str] = field(default_factory=Counter)
    strikes: Counter[str] = field(default_factory=Counter)
    found: dict[str, list[str]] = field(default_factory=dict)


def jobs_of(night: Night, seed: int, kills: int) -> Iterator[Job]:
    """Every job but the nights of tasks, whose number depends on how many kills they bring."""
    yield from (Job("over", (step, mode)) for mode in MODES for step in REPEATED)
    for number in range(-(-kills // (sum(TRIES.values()) - 3))):
        yield Job("tasks", (f"{seed}/{number}", number % 2))
    for number in range(RUNS):
        yield Job("runs", (f"{seed}/runs/{number}", number % 2))
    for number in range(REAL):
        yield Job("real", (f"{seed}/real/{number}",))
    for step in LASTING:
        for index, point in enumerate(chosen(night.points[step])):
            needs_store, may_have_one = STORE in point.site, step == "publish"
            stores = [n for n in (0, 1) if (n or not needs_store) and (may_have_one or not n)]
            yield from (Job("each", (step, index, mode, store)) for store in stores for mode in MODES)


def done(night: Night, root: Path, job: Job) -> tuple[int, list[str]]:
    """Do a job; returns how often it struck, and what is wrong."""
    if job.kind == "over":
        return over_and_over(night, root, *job.words)
    if job.kind == "each":
        step, index, mode, store = job.words
        point = chosen(night.points[step])[index]
        found = each(night, root, step, point, mode, with_store=bool(store))
        return 1, [f"{point}: {f}" for f in found]
    if job.kind == "real":
        return real_run(night, root, *job.words)
    seed, store = job.words
    return (night_of_tasks if job.kind == "tasks" else runs_cut_off)(night, root, seed, with_store=bool(store))


def work(night: Night, root: Path, todo: Any, results: Any, until: float) -> None:
    """One worker: jobs one after another, in a place of its own, while there is time."""
    night.warm(root)
    while (job := todo.get()) is not None and time.monotonic() < until:
        try:
            strikes, found = done(night, root, job)
        except Exception as error:  # noqa: BLE001 - one trial's, and told
            strikes, found = 0, [f"the harness failed: {error!r}"]
        results.put((job, strikes, found))
    results.put(None)


def main(words: list[str]) -> int:
    """Run the campaign; 1 when something is wrong."""
    parser = argparse.ArgumentParser(prog="make test-crash", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--only", default="")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=1e6)
    chosen_words = parser.parse_args(words)
    print(f"seed {chosen_words.seed} (again: make test-crash ARGS='--seed {chosen_words.seed}')", flush=True)
    started = time.monotonic()
    server = PostgresServer()
    try:
        with quick_folder() as folder:
            server.start()
            night = Night.live(folder, server)
            jobs = [*jobs_of(night, chosen_words.seed, chosen_words.kills)]
            jobs = [j for j in jobs if chosen_words.only in ("", j.kind)]
            random.Random(chosen_words.seed).shuffle(jobs)  # noqa: S311
            until = started + chosen_words.minutes * 60
            tally = _all(night, folder, jobs, chosen_words.jobs, until)
    finally:
        server.stop()
    _tell(night, tally, time.monotonic() - started)
    return int(bool(tally.found))


def _all(night: Night, folder: Path, jobs: list[Job], workers: int, until: float) -> Tally:
    context = multiprocessing.get_context("fork")
    todo, results, tally = context.Queue(), context.Queue(), Tally()
    for job in [*jobs, *[None] * workers]:
        todo.put(job)
    processes = [
        context.Process(target=work, args=(night, folder / f"w{n}", todo, results, until))
        for n in range(workers)
    ]
    for process in processes:
        process.start()
    ended = 0
    while ended < workers:
        if (result := results.get()) is None:
            ended += 1
            continue
        job, strikes, found = result
        tally.trials[job.kind] += 1
        tally.strikes[job.kind] += strikes
        if found:
            tally.found[str(job)] = found
            print(f"WRONG {job}", *found, sep="\n    ", flush=True)
        if (so_far := sum(tally.trials.values())) % 20 == 0:
            print(f"{so_far} of {len(jobs)} trials, {sum(tally.strikes.values())} strikes", flush=True)
    todo.cancel_join_thread()
    for process in processes:
        process.join()
    return tally


def _tell(night: Night, tally: Tally, seconds: float) -> None:
    sites = {(p.site, p.operation) for points in night.points.values() for p in points}
    cpu = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    print(f"\n{len(sites)} places in the program, {sum(map(len, night.points.values()))} points in one night")
    for kind, trials in tally.trials.items():
        print(f"  {kind:<6} {trials:>5} trials {tally.strikes[kind]:>6} strikes")
    kills = sum(tally.strikes[k] for k in ("tasks", "runs", "real"))
    print(f"{kills} kills at random instants; {seconds:.0f} s, {cpu:.0f} s of processors")
    print(f"{len(tally.found)} trials went wrong", *tally.found, sep="\n  ")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
