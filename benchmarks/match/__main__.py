"""Matching side by side with Splink 5: time, memory and quality on the same inputs, in alternation.

    python -m benchmarks.match [--set residents] [--size 100000] [--runner liandao] [--rounds 3]

Figures are kept in ``--results`` and written to the page by ``--page``; what is not run this time stays as it is.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.match.datasets import DATASETS, prepared
from benchmarks.match.measure import compare
from benchmarks.match.once import OURS
from benchmarks.match.page import machine, table, write_page

RUNNERS = (OURS, "splink-lean", "splink-fast", "splink-documented")
LEAN = ("residents", "chinese")
LARGE = 500_000


def options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", dest="sets", action="append", choices=DATASETS, help="default: all")
    parser.add_argument("--size", dest="sizes", action="append", type=int, help="records; default: the set's own sizes")
    parser.add_argument("--runner", dest="runners", action="append", choices=RUNNERS, help="default: all")
    parser.add_argument("--rounds", type=int, help="default: 3, or 2 from half a million records on")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--home", type=Path, default=Path(".bench"), help="where sets are made and kept")
    parser.add_argument("--results", type=Path, default=Path("benchmarks/match/results.json"))
    parser.add_argument("--page", type=Path, default=Path("docs/benchmarks-matching.md"))
    return parser.parse_args()


def main() -> None:
    """Make the sets asked for, measure, print, keep, write the page."""
    asked = options()
    kept = json.loads(asked.results.read_text(encoding="utf-8")) if asked.results.exists() else {}
    for name in asked.sets or DATASETS:
        own = DATASETS[name].sizes
        for size in own if own == (0,) else asked.sizes or own:
            rounds = asked.rounds or (2 if size >= LARGE else 3)
            folder = prepared(name, size, asked.seed, asked.home)
            runners = [r for r in asked.runners or RUNNERS if name in LEAN or r != "splink-lean"]
            started = datetime.now(UTC).isoformat(timespec="minutes")
            found = compare(name, folder, runners, rounds)
            found = {runner: {**figures, "started_at": started} for runner, figures in found.items()}
            before = kept.get(folder.name, {}).get("runners", {})
            kept[folder.name] = {"set": name, "size": size, **machine(), "runners": {**before, **found}}
            asked.results.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            print(table(folder.name, kept[folder.name]), flush=True)  # noqa: T201
    write_page(asked.page, kept)


if __name__ == "__main__":
    main()
