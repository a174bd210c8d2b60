"""Times person matching by stage on an invented province and compares its clusters with the truth.

    python benchmarks/bench_match.py --records 50000 --records 1000000

Records are made first; each matching runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from match_records import write_records

KEY = bytes(32)


def run_ours(folder: Path) -> dict[str, object]:
    """Match ``folder/records.parquet``; wall and CPU seconds, peak memory, stages, quality."""
    from transforms.match.persons import match_persons

    records = pq.read_table(folder / "records.parquet")
    wall, cpu = perf_counter(), process_time()
    found = match_persons(records, None, KEY)
    wall, cpu = perf_counter() - wall, process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    model = found.model
    return {
        "records": records.num_rows,
        "wall_s": round(wall, 2),
        "cpu_s": round(cpu, 2),
        "peak_mb": round(peak),
        "nodes": model["nodes"],
        "candidate_pairs": model["candidate_pairs"],
        "clusters": model["clusters"],
        "seconds": model["seconds"],
        **quality(found.links, pq.read_table(folder / "truth.parquet")),
    }


def quality(links: pa.Table, truth: pa.Table) -> dict[str, float]:
    """Pairwise precision, recall and F1 over the records of the truth."""
    both = links.join(truth.rename_columns(["record_id", "person_id_true"]), "record_id", join_type="inner")
    found, true = (np.unique(both[c].to_numpy(), return_inverse=True)[1] for c in ("person_id", "person_id_true"))
    right = _pairs(found * (true.max(initial=0) + 1) + true)
    precision, recall = right / max(_pairs(found), 1), right / max(_pairs(true), 1)
    return {
        "precision": round(precision, 5),
        "recall": round(recall, 5),
        "f1": round(2 * precision * recall / max(precision + recall, 1e-9), 5),
    }


def _pairs(labels: np.ndarray) -> int:
    counts = np.unique(labels, return_counts=True)[1].astype(np.int64)
    return int(np.sum(counts * (counts - 1) // 2))


def main() -> None:
    """Make the records, run each size in a fresh process, print one JSON line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, action="append")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="run on the records in this folder, in this process")
    options = parser.parse_args()
    if options.folder is not None:
        print(json.dumps(run_ours(options.folder)))  # noqa: T201
        return
    for count in options.records or [50_000]:
        with TemporaryDirectory() as folder:
            write_records(Path(folder), count, options.seed)
            command = [sys.executable, __file__, "--folder", folder]
            print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="", flush=True)  # noqa: S603, T201


if __name__ == "__main__":
    main()
