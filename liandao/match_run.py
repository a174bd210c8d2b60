"""One run of ``liandao match``: read, match, judge, write. What it writes appears at its end, all or nothing."""

from __future__ import annotations

import json
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from math import log2
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from liandao.match_inputs import InputFile, open_inputs, read_for_guessing, read_inputs
from liandao.match_update import REGISTER, config_before, removed_ids, updated_tables
from liandao.memory import within
from reports.match_report import build_match_report
from schemas.errors import ConfigurationError
from transforms.match.bands import bands_of
from transforms.match.cases import hardest_cases
from transforms.match.config import MatchConfig
from transforms.match.engine import Matched, Watch, match, unwatched
from transforms.match.findings import Records, clusters_table, general_review, pairs_table
from transforms.match.guess import guess
from transforms.match.lookalikes import count_lookalikes
from transforms.match.normalise import record_keys
from transforms.match.quality import Quality, assess
from transforms.match.quality.sampling import draw_pairs, stratum_of
from transforms.match.register import copy_register, move_register, write_register
from transforms.match.settings import Settings, load_config
from transforms.match.shelf import IN_MEMORY, Shelf

ENGINES = ("duckdb", "spark")
PACKAGES = ("liandao", "numpy", "numba", "pyarrow", "scipy", "rapidfuzz", "pypinyin")
MODEL_VERSION = 1
"""Version of the form of model.json."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. ``threshold``: match weight in bits (None: the configuration's); ``memory``: bytes at most;
    ``update``: the inputs are what changed since ``out`` was written, ``removed`` lists the records that are gone."""

    inputs: tuple[Path, ...]
    config: Path | None
    out: Path
    engine: str = "duckdb"
    threshold: float | None = None
    memory: int | None = None
    update: bool = False
    removed: Path | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A finished run: what model.json says, and how long all of it took."""

    out: Path
    model: dict[str, Any]
    seconds: float


def parse_threshold(text: str) -> float:
    """Bits from a match weight (``5``, ``5.5 bits``) or from a probability (``0.95``, ``95%``)."""
    plain = text.strip().lower().removesuffix("bits").removesuffix("bit").strip()
    try:
        value = float(plain.removesuffix("%")) / (100 if plain.endswith("%") else 1)
    except ValueError:
        raise _bad_threshold(text) from None
    if 0 < value < 1 and "bit" not in text:
        return log2(value / (1 - value))
    if not -40 <= value <= 100 or plain.endswith("%"):
        raise _bad_threshold(text)
    return value


def _bad_threshold(text: str) -> ConfigurationError:
    expected = "a probability such as 0.95 or 95%, or a match weight such as 4.2bits"
    return ConfigurationError("the threshold can't be read", where="--threshold", expected=expected, found=text[:20])


def run_match(order: Order, watch: Watch = unwatched) -> Done:
    """Do it. Raises ConfigurationError, SourceMalformed and what the engine raises; nothing is written then."""
    started = perf_counter()
    if order.engine not in ENGINES:
        raise ConfigurationError("no such engine", where="--engine", expected=" or ".join(ENGINES), found=order.engine)
    with within(order.memory):
        return _update(order, watch, started) if order.update else _run(order, watch, started)


def _update(order: Order, watch: Watch, started: float) -> Done:
    """Match what changed against the register of the run before, and carry its tables on."""
    config, removed = config_before(order.out), removed_ids(order.removed)
    with _stage("read", watch):
        files = open_inputs(order.inputs)
        model = json.loads((order.out / "model.json").read_text(encoding="utf-8"))
        settings = load_config(order.config) if order.config else Settings.model_validate(model["settings"])
        table, records = read_inputs(files, settings.id, settings.source, list(settings.fields))
        settings, table = _with_source(settings, table, records)
        table = settings.prepare(table)
    with TemporaryDirectory(prefix=".match-", dir=order.out) as folder, _stage("write", watch):
        register = Path(folder) / REGISTER
        copy_register(order.out / REGISTER, register)
        tables, counts = updated_tables(order.out, register, table, records, removed, config)
        model["updates"] = [*model.get("updates", []), counts]
        _write(order.out, tables, model, None, register)
    return Done(order.out, model, perf_counter() - started)


def _run(order: Order, watch: Watch, started: float) -> Done:
    there = next(path for path in (order.out, *order.out.absolute().parents) if path.is_dir())
    with TemporaryDirectory(prefix=".match-", dir=there) as folder:
        # Where memory is short, arrays lie in files on the disk that the result goes to.
        return _matched(order, watch, started, Path(folder), Shelf(Path(folder)) if order.memory else IN_MEMORY)


def _matched(order: Order, watch: Watch, started: float, folder: Path, shelf: Shelf) -> Done:
    with _stage("read", watch):
        files = open_inputs(order.inputs)
        told, guessed = _settings(order, files)
        table, records = read_inputs(files, told.id, told.source, list(told.fields))
    with _stage("derive", watch):
        settings, table = _with_source(told, table, records)
        table = shelf.table(settings.prepare(table))
        config = _at_threshold(settings.to_match_config(table), order.threshold)
    found = _find(table, config, order.engine, watch, shelf)
    with _stage("judge", watch):
        quality = assess(found, config, records.source_codes())
    with _stage("write", watch), ThreadPoolExecutor(1) as beside:
        register = folder / REGISTER
        written = beside.submit(write_register, register, table, record_keys(table, config), found, config, None)
        model = describe(files, records, found, config, quality)
        model |= {"guessed": guessed, "settings": told.model_dump(mode="json", exclude_defaults=True)}
        cases = [case.to_dict() for case in hardest_cases(table, records, found, config)]
        tables = _tables(records, found, config, quality)
        report = build_match_report(model, cases)
        written.result()
        _write(order.out, tables, model, report, register)
    return Done(order.out, model, perf_counter() - started)


def _find(table: pa.Table, config: MatchConfig, engine: str, watch: Watch, shelf: Shelf) -> Matched:
    """Match on the engine that is asked for; both find the same."""
    if engine == "duckdb":
        return match(table, config, watch=watch, shelf=shelf)
    try:
        from transforms.match.spark import match_on_spark
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "Spark is not installed in this environment",
            where="--engine spark",
            expected="pyspark and a Java runtime",
            next_step="make setup-spark, then .venv-spark/bin/liandao match … --engine spark",
        ) from error
    with tempfile.TemporaryDirectory(prefix="liandao-match-") as folder:
        ids = table.column(config.record_id).combine_chunks()
        return match_on_spark(table, config, folder=folder, watch=watch).collect(ids)


@contextmanager
def _stage(name: str, watch: Watch) -> Iterator[None]:
    started = perf_counter()
    watch(name, None)
    yield
    watch(name, perf_counter() - started)


def _settings(order: Order, files: list[InputFile]) -> tuple[Settings, list[str]]:
    """The configuration that was given, or one guessed from the input, with what was guessed and why."""
    if order.config is not None:
        return load_config(order.config), []
    guessed = guess(read_for_guessing(files[0]))
    return guessed.settings, list(guessed.reasons)


def _with_source(settings: Settings, table: pa.Table, records: Records) -> tuple[Settings, pa.Table]:
    """Several files without a source column: the file is the source."""
    if records.source is None or settings.source in table.column_names:
        return settings, table
    name = settings.source or "source"
    while name in table.column_names:
        name += "_"
    return settings.model_copy(update={"source": name}), table.append_column(name, records.source)


def _at_threshold(config: MatchConfig, weight: float | None) -> MatchConfig:
    """The configuration with another threshold; grades and the review band move where they would cross it."""
    if weight is None:
        return config
    return replace(
        config,
        link_weight=weight,
        possible_weight=min(config.possible_weight, weight),
        certain_weight=max(config.certain_weight, weight),
    )


def _tables(records: Records, found: Matched, config: MatchConfig, quality: Quality) -> dict[str, pa.Table]:
    """What is written as Parquet, by name."""
    pairs = pairs_table(records, found, config)
    weight = pairs.column("match_weight").to_numpy()
    of = stratum_of(weight, pairs.column("in_cluster").to_numpy())
    left, right = (pairs.column(f"{side}_id").cast(pa.string()).combine_chunks() for side in ("left", "right"))
    drawn = pairs.take(pa.array(draw_pairs(quality.sampling, of, left, right)))
    return {
        "clusters": clusters_table(records, found),
        "pairs": pairs,
        "review": general_review(records, found, config),
        "sample": drawn.append_column("answer", pa.nulls(drawn.num_rows, pa.string())),
    }


def describe(
    files: list[InputFile], records: Records, found: Matched, config: MatchConfig, quality: Quality
) -> dict[str, Any]:
    """model.json: everything a reader needs to see what was done and to do it again."""
    lookalikes = count_lookalikes(found, config)
    qualified = records.source is not None and not records.key.equals(records.record_id.cast(pa.string()))
    bands = found.bands or bands_of(found.pairs.weight)
    return {
        "version": MODEL_VERSION,
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in PACKAGES},
        "inputs": [file.to_dict() for file in files],
        "record_key": "source + record id" if qualified else "record id",
        "sources": sorted(set(records.source.unique().to_pylist())) if records.source is not None else [],
        "config": asdict(config),
        "thresholds": {
            "link": config.link_weight,
            "certain": config.certain_weight,
            "possible": config.possible_weight,
            "unit": "bits (log2 of posterior odds)",
        },
        **found.report,
        "field_levels": {
            name: [level.name for level in kind.levels]
            for name, kind in zip(found.model.names, found.model.kinds, strict=True)
        },
        "match_weights": [
            {"from": low, "pairs": int(pairs), "expected": round(float(expected), 2)}
            for low, pairs, expected in bands.rows()
        ],
        "contradictory_pairs": bands.contradictory,
        "lookalikes": lookalikes.to_dict() if lookalikes else None,
        "quality": quality.to_dict(),
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(
    out: Path, tables: dict[str, pa.Table], model: dict[str, Any], report: str | None, register: Path
) -> None:
    """Write everything beside ``out`` first, then move each file to its name: no reader meets half a file.

    ``report``: None leaves the report of the last full run. The register moves last: a cut-off run is done again.
    """
    fresh = Path(tempfile.mkdtemp(prefix=".match-", dir=_made(out)))
    try:
        for name, table in tables.items():
            _synced(fresh / f"{name}.parquet", partial(pq.write_table, table, store_schema=False))
        text = json.dumps(model, ensure_ascii=False, indent=1, default=str)
        _synced(fresh / "model.json", lambda path: path.write_text(text + "\n", encoding="utf-8"))
        if report is not None:
            _synced(fresh / "report.html", lambda path: path.write_text(report, encoding="utf-8"))
        for path in sorted(fresh.iterdir()):
            os.replace(path, out / path.name)
        move_register(register, out / REGISTER)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _synced(path: Path, write: Callable[[Path], Any]) -> None:
    write(path)
    with path.open("rb") as file:
        os.fsync(file.fileno())
