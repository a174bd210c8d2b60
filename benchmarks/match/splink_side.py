"""Splink's side: train, predict, cluster, from Parquet in memory to a table of clusters.

``documented``: u from up to 1e7 sampled pairs (its documentation calls that often adequate, and 1e9 best; its
examples take 1e6 to 5e6) and expectation maximisation on all blocked pairs. ``fast``: 1e6 pairs for u, expectation
maximisation on at most 2e6 pairs without term frequencies. Both keep no intermediate columns, which its charts would
need and the clusters do not. ``lean``: as fast, on the Chinese sets with fewer and cheaper comparisons and blocking
rules as well: what speed alone would choose.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import pyarrow as pa
import pyarrow.parquet as pq
from splink import DuckDBAPI, Linker, SettingsCreator

from benchmarks.match.splink_models import MODELS, SplinkModel

KEPT_PROBABILITY = 0.9
"""Pairs below are not kept by predict, as in the tutorials; clusters are made at 0.95."""
USUAL_PROBABILITY = 0.95
SWEEP_WEIGHTS = (-10, -5, -2, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32)
"""Match weights (bits) at which clusters are made to find the best threshold."""


@dataclass(frozen=True, slots=True)
class Training:
    """How parameters are estimated: sampled pairs for u, and at most so many for EM (None: all)."""

    u_pairs: float
    em_pairs: float | None
    without_frequencies: bool
    is_lean: bool = False


VARIANTS = {
    "splink-documented": Training(1e7, None, without_frequencies=False),
    "splink-fast": Training(1e6, 2e6, without_frequencies=True),
    "splink-lean": Training(1e6, 2e6, without_frequencies=True, is_lean=True),
}


def trained(folder: Path, model: SplinkModel, training: Training) -> Linker:
    """A linker on the files of ``folder``, its parameters estimated."""
    logging.getLogger("splink").setLevel(logging.ERROR)
    database = DuckDBAPI()
    names = ("left", "right") if model.is_link else ("records",)
    tables = [database.register(pq.read_table(folder / f"{n}.parquet"), dataset_display_name=f"of_{n}") for n in names]
    settings = SettingsCreator(
        link_type="link_only" if model.is_link else "dedupe_only",
        unique_id_column_name="record_id",
        comparisons=list(model.comparisons),
        blocking_rules_to_generate_predictions=list(model.blocking),
        retain_matching_columns=False,
    )
    linker = Linker(tables, settings, log_level=logging.ERROR)
    linker.training.estimate_probability_two_random_records_match(list(model.sure), recall=model.recall)
    linker.training.estimate_u_using_random_sampling(max_pairs=training.u_pairs)
    for rule in model.training:
        linker.training.estimate_parameters_using_expectation_maximisation(
            rule, max_pairs=training.em_pairs, estimate_without_term_frequencies=training.without_frequencies
        )
    return linker


def model_for(dataset: str, variant: str) -> SplinkModel:
    """The model of a set; for the lean variant the lean one, where there is one."""
    lean = f"{dataset}-lean"
    return MODELS[lean if VARIANTS[variant].is_lean and lean in MODELS else dataset]()


def match_with_splink(folder: Path, dataset: str, variant: str) -> tuple[pa.Table, dict[str, object]]:
    """Clusters (record_id, cluster_id) at the usual threshold, and the seconds of each stage."""
    model, started = model_for(dataset, variant), perf_counter()
    linker = trained(folder, model, VARIANTS[variant])
    learnt = perf_counter()
    pairs = linker.inference.predict(threshold_match_probability=KEPT_PROBABILITY, warning_mode="never")
    predicted = perf_counter()
    clusters = clustered(linker, model, pairs, USUAL_PROBABILITY)
    seconds = {"estimate": learnt - started, "predict": predicted - learnt, "cluster": perf_counter() - predicted}
    return clusters, {"seconds": {k: round(v, 2) for k, v in seconds.items()}}


def clustered(linker: Linker, model: SplinkModel, pairs: object, probability: float) -> pa.Table:
    """Splink's own clusters: connected components, or single best links where each file holds everybody once."""
    if model.is_link:
        found = linker.clustering.cluster_using_single_best_links(
            pairs, duplicate_free_datasets=["of_left", "of_right"], threshold_match_probability=probability
        )
    else:
        found = linker.clustering.cluster_pairwise_predictions_at_threshold(
            pairs, threshold_match_probability=probability
        )
    table = found.as_duckdbpyrelation().select("record_id", "cluster_id").to_arrow_table()
    found.drop_table_from_database_and_remove_from_cache()
    return table.cast(pa.schema([("record_id", pa.string()), ("cluster_id", pa.string())]))


def sweep(folder: Path, dataset: str, variant: str) -> tuple[Iterator[tuple[float, pa.Table]], int]:
    """Clusters at each of :data:`SWEEP_WEIGHTS`, and how many pairs the blocking rules gave. Not for timing."""
    model = model_for(dataset, variant)
    linker = trained(folder, model, VARIANTS[variant])
    blocked = linker.inference.compute_blocked_pairs_for_predict()
    scored = int(blocked.as_duckdbpyrelation().count("*").fetchall()[0][0])
    pairs = linker.inference.predict(threshold_match_weight=SWEEP_WEIGHTS[0], warning_mode="never")
    odds = {weight: 2.0**weight for weight in SWEEP_WEIGHTS}
    return ((w, clustered(linker, model, pairs, o / (1 + o))) for w, o in odds.items()), scored
