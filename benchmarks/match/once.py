"""One matching in a process of its own: writes its clusters, prints its figures as JSON.

    python -m benchmarks.match.once RUNNER FOLDER DATASET CLUSTERS.parquet [--sweep]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
from pathlib import Path
from time import perf_counter

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.match.our_side import match_with_ours

OURS = "liandao"


def run(runner: str, folder: Path, dataset: str) -> tuple[pa.Table, dict[str, object]]:
    """Match with one of the runners."""
    if runner == OURS:
        return match_with_ours(folder)
    from benchmarks.match.splink_side import match_with_splink

    return match_with_splink(folder, dataset, runner)


def peak_mib() -> float:
    """Highest resident memory of this process (VmHWM: ru_maxrss would count the parent's before exec)."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(row for row in status.read_text().splitlines() if row.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if os.uname().sysname == "Linux" else 2**20)


def measured(runner: str, folder: Path, dataset: str, clusters_path: Path) -> dict[str, object]:
    """Run once: wall and CPU seconds from Parquet to clusters (imports of the runner included), peak memory."""
    wall, cpu = perf_counter(), _cpu_seconds()
    clusters, notes = run(runner, folder, dataset)
    figures = {"wall_s": perf_counter() - wall, "cpu_s": _cpu_seconds() - cpu}
    figures = {name: round(value, 3) for name, value in figures.items()}
    pq.write_table(clusters, clusters_path)
    return {**figures, "peak_mib": round(peak_mib()), **notes}


def swept(runner: str, folder: Path, dataset: str, clusters_path: Path) -> dict[str, object]:
    """Splink's clusters at every threshold, one Parquet file each beside ``clusters_path``; its count of pairs."""
    from benchmarks.match.splink_side import sweep

    tables, pairs = sweep(folder, dataset, runner)
    weights = []
    for weight, table in tables:
        pq.write_table(table, clusters_path.with_suffix(f".{weight}.parquet"))
        weights.append(weight)
    return {"pairs": pairs, "weights": weights}


def _cpu_seconds() -> float:
    uses = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(use.ru_utime + use.ru_stime for use in uses)


def main() -> None:
    """Run one and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runner")
    parser.add_argument("folder", type=Path)
    parser.add_argument("dataset")
    parser.add_argument("clusters", type=Path)
    parser.add_argument("--sweep", action="store_true")
    options = parser.parse_args()
    do = swept if options.sweep else measured
    print(json.dumps(do(options.runner, options.folder, options.dataset, options.clusters)))  # noqa: T201


if __name__ == "__main__":
    main()
