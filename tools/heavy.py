"""Run the heavy suites one after another (``make test-heavy``), and print at the end what each took.

    python tools/heavy.py [NAME...]      all of them, or those named

A suite is an entry of SUITES. Each is to stay within three minutes on a quiet machine of two cores, making its
environment aside; what takes longer has a target of its own, and a smaller dose here. Every suite runs, whatever became
of the one before.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

ROOT = Path(__file__).resolve().parents[1]
BOOTSTRAP = str(ROOT / "tools" / "bootstrap.sh")
FAST = ("schemas", "connectors", "transforms", "warehouse", "reports", "liandao")
"""Rooms whose tests say within three minutes whether the program works on other versions than those of the lock."""
OVER_AND_OVER = (
    "transforms/match/test_nightly.py",
    "transforms/match/test_metamorphic.py",
    "transforms/match/test_incremental.py",
    "liandao/test_answers.py",
    "liandao/observe",
    "liandao/test_cli.py",
    "liandao/test_doctor.py",
    "liandao/test_explain.py",
    "liandao/test_handbook.py",
    "liandao/test_import_names.py",
    "liandao/test_landing.py",
    "liandao/test_match_update.py",
    "liandao/test_names.py",
    "liandao/test_nights.py",
    "liandao/test_register.py",
    "liandao/test_review.py",
    "liandao/test_taking_back.py",
    "liandao/test_upkeep.py",
)
"""Left out there: these run what others run, many times over, and would take as long as all of those."""
SIDE_BY_SIDE = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile", "--no-loadscope-reorder")


@dataclass(frozen=True, slots=True)
class Suite:
    """Tests and the environment they run in: a word of tools/bootstrap.sh, or that of every day.

    ``python``: a Python that the environment needs; where it is not at hand the suite is left out. ``apart``: it has
    another Python or numba than that of every day, and keeps apart what is compiled, which is of no use to the other.
    """

    name: str
    what: str
    tests: tuple[str, ...]
    environment: str = ""
    python: str = ""
    apart: bool = False


def fast_part(*without: str) -> tuple[str, ...]:
    """Words for pytest: the tests of the rooms that take less than ten seconds each, without some files or folders."""
    left_out = (f"--ignore=tests/{name}" for name in (*OVER_AND_OVER, *without))
    return (*(f"tests/{room}" for room in FAST), *left_out, "-m", "not slow", *SIDE_BY_SIDE)


SUITES = (
    Suite("year", "365 nights of matching", ("tests/year/year.py", "-n0")),
    Suite("lives", "10,000 random lives of decisions", ("tests/lives/many.py", "-n0")),
    Suite("spark", "Spark finds the same", ("tests/spark", "-n0"), environment="spark"),
    Suite("wheel", "the wheel in an environment of its own", ("tests/wheel/installed.py", "-n0")),
    Suite("lowest", "the fast part, lowest versions of pyproject.toml", fast_part(), environment="lowest", apart=True),
    Suite("truth", "found beside planted, on two more provinces", ("tests/e2e/more_seeds.py", "-n2", "--dist", "load")),
    Suite("soak", "stormy nights end as quiet ones", ("tests/soak/soak.py", "-n0", "-s")),
    Suite("guarantees", "what holds each promise, taken away", ("tests/guarantees/taken_away.py", "-n2")),
    # Matching asks nothing of DuckDB.
    Suite("duckdb2", "the fast part, DuckDB 2", fast_part("transforms/match"), environment="duckdb2"),
    Suite("py313", "the fast part, Python 3.13", fast_part(), "py313", python="python3.13", apart=True),
)


@dataclass(slots=True)
class Result:
    """How a suite went."""

    suite: Suite
    outcome: str = ""
    making: float = 0.0
    running: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)

    def row(self) -> str:
        """The suite's line of the table."""
        return f"  {self.suite.name:<9}{self.outcome:<10}{self.making:>7.0f}{self.running:>8.0f}  {self.suite.what}"


def main(names: list[str]) -> int:
    """Run the suites that are named, or all; returns the exit code."""
    unknown = set(names) - {s.name for s in SUITES}
    if unknown:
        print(f"no such suite: {', '.join(sorted(unknown))}", file=sys.stderr)
        print(f"  there are: {', '.join(s.name for s in SUITES)}", file=sys.stderr)
        return 2
    results = [run(suite) for suite in SUITES if not names or suite.name in names]
    for line in summary(results):
        print(line)
    return int(any(r.outcome == "failed" for r in results))


def run(suite: Suite) -> Result:
    """Make the suite's environment and run its tests in it."""
    result = Result(suite)
    print(f"\n== {suite.name}: {suite.what}", flush=True)
    if suite.python and subprocess.run([BOOTSTRAP, "find", suite.python], check=False).returncode:
        result.outcome = "left out"
        print(f"{suite.python} is not at hand", flush=True)
        return result
    started = monotonic()
    made = subprocess.run([BOOTSTRAP, *suite.environment.split()], check=False).returncode == 0
    result.making = monotonic() - started
    passed = made and _test(suite, result.counts)
    result.running = monotonic() - started - result.making
    result.outcome = "passed" if passed else "failed"
    return result


def _test(suite: Suite, counts: Counter[str]) -> bool:
    folder = ROOT / (f".venv-{suite.environment}" if suite.environment else ".venv")
    env = os.environ | ({"NUMBA_CACHE_DIR": str(folder / "numba")} if suite.apart else {})
    command = [str(folder / "bin" / "python"), "-m", "pytest", *suite.tests, "-q", "-p", "no:cacheprovider"]
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        for line in process.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            counts.update(closing_counts(line))
    return process.returncode == 0


def closing_counts(line: str) -> dict[str, int]:
    """``{"passed": 7, "skipped": 1}`` of pytest's closing line ``7 passed, 1 skipped in 2.0s``, of any other none."""
    if not re.search(r"\d+ \w+.* in [\d.]+s", line):
        return {}
    return {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error|skipped)", line)}


def summary(results: list[Result]) -> Iterator[str]:
    """The table of shares, and the sum of all closing lines."""
    making, running = sum(r.making for r in results), sum(r.running for r in results)
    yield "\n  suite    outcome    making running  seconds"
    yield from (r.row() for r in results)
    yield f"  {'all':<19}{making:>7.0f}{running:>8.0f}"
    total = sum((r.counts for r in results), Counter())
    failed = total["failed"] + total["error"] + sum(r.outcome == "failed" and not r.counts for r in results)
    yield f"{total['passed']} passed, {failed} failed, {total['skipped']} skipped"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
