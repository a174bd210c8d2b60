"""Runs matchers in fresh processes, in alternation, watches their memory and judges their clusters."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter, sleep

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.match.clean import valid_numbers
from benchmarks.match.metrics import contradictory_clusters, false_merges, judge
from benchmarks.match.once import OURS

SAMPLE_SECONDS = 0.05


class RunFailed(Exception):
    """Raised by :func:`run_once` when a matcher ends with an error; holds the end of what it said."""


def run_once(runner: str, folder: Path, dataset: str, clusters: Path, *extra: str) -> dict[str, object]:
    """One matching in a fresh process: its figures, with wall time and peak memory of the whole process tree."""
    command = [sys.executable, "-m", "benchmarks.match.once", runner, str(folder), dataset, str(clusters), *extra]
    started, load = perf_counter(), os.getloadavg()[0]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603
    tree = psutil.Process(process.pid)
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, _tree_mib(tree))
        sleep(SAMPLE_SECONDS)
    said, wrong = process.communicate()
    if process.returncode:
        raise RunFailed(wrong.strip()[-600:] or f"exit code {process.returncode}")
    figures = json.loads(said.splitlines()[-1])
    whole = {"process_wall_s": round(perf_counter() - started, 3), "load_before": round(load, 2)}
    return {**figures, **whole, "peak_mib": max(figures.get("peak_mib", 0), round(peak))}


def _tree_mib(tree: psutil.Process) -> float:
    total = 0
    try:
        for process in (tree, *tree.children(recursive=True)):
            total += process.memory_info().rss
    except psutil.Error:
        return 0.0
    return total / 2**20


def judged(clusters: pa.Table, folder: Path) -> dict[str, object]:
    """Every measure of one table of clusters against the folder's truth. Raises ValueError when a record is missing."""
    truth = pq.read_table(folder / "truth.parquet").sort_by("record_id")
    clusters = clusters.sort_by("record_id")
    ids = [_texts(table["record_id"]) for table in (clusters, truth)]
    if not ids[0].equals(ids[1]):
        raise ValueError(f"expected a cluster for each of {truth.num_rows} records, found {clusters.num_rows}")
    found, true = _codes(clusters["cluster_id"]), _codes(truth["entity_id"])
    verdict = judge(found, true)
    for group in ("twins", "namesakes"):
        if group in truth.column_names:
            verdict[f"{group}_merged"] = false_merges(found, true, truth[group].to_numpy())
    path = folder / "records.parquet"
    if path.exists() and "id_no" in pq.read_schema(path).names:
        numbers = pq.read_table(path, columns=["record_id", "id_no"]).sort_by("record_id")["id_no"]
        verdict["contradictory"] = contradictory_clusters(found, _valid_codes(numbers))
    return verdict


def _codes(column: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(column.combine_chunks().dictionary_encode().indices).astype(np.int64)


def _texts(column: pa.ChunkedArray) -> pa.Array:
    return column.cast(pa.string()).combine_chunks()


def _valid_codes(numbers: pa.ChunkedArray) -> np.ndarray:
    codes = np.asarray(numbers.combine_chunks().dictionary_encode().indices.fill_null(-1)).astype(np.int64)
    return np.where(valid_numbers(numbers), codes, -1)


def compare(dataset: str, folder: Path, runners: list[str], rounds: int) -> dict[str, dict[str, object]]:
    """Every runner ``rounds`` times in turn; per runner: medians, all rounds, quality, and Splink's best threshold."""
    runs: dict[str, list[dict[str, object]]] = {runner: [] for runner in runners}
    out: dict[str, dict[str, object]] = {}
    failed: dict[str, str] = {}
    if OURS in runners:  # compiled kernels are cached by the first run of all
        _attempt(OURS, folder, dataset, failed)
    for _ in range(rounds):
        for runner in (r for r in runners if r not in failed):
            figures = _attempt(runner, folder, dataset, failed)
            if figures:
                runs[runner].append(figures)
    for runner in runners:
        if runner in failed:
            out[runner] = {"failed": failed[runner]}
            continue
        out[runner] = {**_medians(runs[runner]), "rounds": runs[runner]}
        out[runner]["quality"] = judged(pq.read_table(_clusters(folder, runner)), folder)
        if runner != OURS:
            out[runner] |= best_threshold(runner, folder, dataset)
    return out


def best_threshold(runner: str, folder: Path, dataset: str) -> dict[str, object]:
    """Splink at the threshold that does best by pairwise F1 against the truth: more than any user could know."""
    path = _clusters(folder, runner)
    swept = run_once(runner, folder, dataset, path, "--sweep")
    curve = []
    for weight in swept["weights"]:
        at = path.with_suffix(f".{weight}.parquet")
        curve.append((weight, judged(pq.read_table(at), folder)))
        at.unlink()
    weight, quality = max(curve, key=lambda point: point[1]["pairwise"]["f1"])
    return {
        "pairs": swept["pairs"],
        "best": {"weight": weight, "quality": quality},
        "curve": [{"weight": w, "f1": q["pairwise"]["f1"], "cluster_f1": q["cluster"]["f1"]} for w, q in curve],
    }


def _attempt(runner: str, folder: Path, dataset: str, failed: dict[str, str]) -> dict[str, object]:
    try:
        return run_once(runner, folder, dataset, _clusters(folder, runner))
    except RunFailed as error:
        failed[runner] = str(error)
        return {}


def _clusters(folder: Path, runner: str) -> Path:
    return folder / f"clusters-{runner}.parquet"


def _medians(runs: list[dict[str, object]]) -> dict[str, object]:
    names = ("wall_s", "cpu_s", "process_wall_s", "peak_mib")
    notes = {k: v for k, v in runs[-1].items() if k in ("pairs", "seconds")}
    return {**{n: round(statistics.median(float(run[n]) for run in runs), 3) for n in names}, **notes}
