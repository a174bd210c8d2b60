"""Every step of every measure timed at the default size, and the redundancy classes side by side with plain pandas.

    python -m benchmarks.bench_measure [--repeat 3] [--threads 2] [--scale 1]

Tables are made by ``benchmarks.measure_tables``. The pandas pass classifies the same entries by the same definition
(sort, shift, merge an entry with every holder of its value, group) and must find the same number in each class. Memory
is the growth of the process's peak while measures run, the tables themselves left out.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import TextIO

import duckdb
import numpy as np
import pandas as pd

from benchmarks.measure_tables import WINDOW, Size, fill
from transforms.measure.blank import blank_warehouse
from transforms.measure.load import load_measures
from transforms.measure.order import in_order
from transforms.measure.run import Run, measure
from transforms.measure.values import load_macros

JUDGED = ("intra", "cross", "conflict", "first")
FOREVER = 365_000


def main() -> int:
    """Print one line per step, then the whole run, the pandas pass and their ratio; 1 if the two disagree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--scale", type=float, default=1.0, help="times the default number of rows")
    arguments = parser.parse_args()
    con = blank_warehouse()
    con.execute(f"SET threads = {arguments.threads}")
    fill(con, scaled(arguments.scale), seed=1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print_steps(con)
    whole = median_of(arguments.repeat, lambda: measure(con, *WINDOW))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    say(f"{'all measures':<36}{whole:8.2f} s   peak +{grown:.0f} MiB")
    return compare(con, arguments.repeat)


def say(text: str, to: TextIO = sys.stdout) -> None:
    """Write one line at once, so that a long run shows where it is."""
    to.write(f"{text}\n")
    to.flush()


def scaled(factor: float) -> Size:
    """The default size with ``factor`` times the persons, forms, events, cases and ratings."""
    size = Size()
    names = ("persons", "forms", "usage_events", "cases", "ratings")
    return replace(size, **{name: int(getattr(size, name) * factor) for name in names})


def print_steps(con: duckdb.DuckDBPyConnection) -> None:
    """Time each step once, in the order of a run."""
    load_macros(con)
    run = Run(con, *WINDOW, {})
    for statement in in_order(load_measures().values()):
        started = perf_counter()
        run.execute(statement)
        say(f"  {statement.where:<34}{perf_counter() - started:8.2f} s")


def median_of(repeat: int, work: Callable[[], object]) -> float:
    """Median wall time of some runs."""
    times = []
    for _ in range(repeat):
        started = perf_counter()
        work()
        times.append(perf_counter() - started)
    return statistics.median(times)


def compare(con: duckdb.DuckDBPyConnection, repeat: int) -> int:
    """Time the classification alone, ours and in pandas, on the same entries; print the ratio."""
    statement = next(s for s in load_measures()["M11"].statements if s.step.writes == "mart_entry_class")
    ours = median_of(repeat, lambda: Run(con, *WINDOW, {}).execute(statement))
    entries = con.execute("SELECT * EXCLUDE (entered_at), epoch_us(entered_at) AS at FROM warehouse.fact_entry").df()
    attributes = con.execute("SELECT * FROM warehouse.dim_attribute").df()
    found: dict[str, int] = {}
    theirs = median_of(repeat, lambda: found.update(classify_in_pandas(entries, attributes)))
    counted = con.execute("SELECT class_code, count(*) FROM warehouse.mart_entry_class GROUP BY 1").fetchall()
    expected = {name: n for name, n in counted if name in JUDGED}
    say(f"{'redundancy classes':<36}{ours:8.2f} s   pandas {theirs:.2f} s   {theirs / ours:.1f} times")
    if found != expected:
        say(f"the two disagree: {found} and {expected}", sys.stderr)
        return 1
    return 0


def classify_in_pandas(entries: pd.DataFrame, attributes: pd.DataFrame) -> dict[str, int]:
    """Entries of each judged class by the definition of domain.md B3, written the usual way in pandas."""
    frame = entries.merge(attributes[attributes["is_eligible"]], on="attribute_code")
    subject = ["person_id", "attribute_code"]
    frame = frame.sort_values([*subject, "at", "platform_id", "entry_id"]).reset_index(drop=True)
    frame["seq"] = np.arange(len(frame))
    frame["fresh_from"] = frame["at"] - frame["shelf_life_days"].fillna(FOREVER).astype("int64") * 86_400_000_000
    frame["any_before"] = frame.groupby(subject)["at"].shift()
    on_platform = frame.groupby([*subject, "platform_id"])
    frame["until"] = on_platform["seq"].shift(-1).fillna(len(frame))
    is_own = (on_platform["value_token"].shift() == frame["value_token"]) & (
        on_platform["at"].shift() >= frame["fresh_from"]
    )
    holders = frame[[*subject, "value_token", "platform_id", "seq", "until", "at"]]
    pairs = frame.merge(holders, on=[*subject, "value_token"], suffixes=("", "_held"))
    held = pairs[
        (pairs["platform_id"] != pairs["platform_id_held"])
        & (pairs["seq_held"] < pairs["seq"])
        & (pairs["until_held"] > pairs["seq"])
        & (pairs["at_held"] >= pairs["fresh_from"])
    ]
    is_cross = frame["seq"].isin(held.groupby("seq").size().index)
    is_any = frame["any_before"] >= frame["fresh_from"]
    classes = np.select([is_own, is_cross, is_any], ["intra", "cross", "conflict"], "first")
    counts = pd.Series(classes)[(frame["mode_code"] == "manual").to_numpy()].value_counts()
    return {str(name): int(n) for name, n in counts.items()}


if __name__ == "__main__":
    sys.exit(main())
