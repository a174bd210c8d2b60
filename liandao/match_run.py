"""One run of ``liandao match``: read, match, judge, write. What it writes appears at its end, all or nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from math import log2
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import pyarrow as pa

from liandao.match_ids import Identified
from liandao.match_inputs import InputFile, nothing_arrives, open_inputs, read_for_guessing, read_inputs
from liandao.match_outputs import describe, tables_of, write_all
from liandao.match_update import config_before, model_before, removed_ids, updated_tables
from liandao.memory import within
from liandao.names import ENGINES, require
from reports.match_report import build_match_report
from schemas.errors import ConfigurationError
from schemas.extras import require_extra
from transforms.match.config import MatchConfig
from transforms.match.derive.guess import guess
from transforms.match.derive.settings import Settings
from transforms.match.derive.settings_file import load_config
from transforms.match.engine import Matched, Watch, match, unwatched
from transforms.match.normalise import record_keys
from transforms.match.quality import assess
from transforms.match.register.store import FOLDER, copy_register
from transforms.match.register.write import write_register
from transforms.match.results.cases import hardest_cases
from transforms.match.results.findings import Records
from transforms.match.shelf import IN_MEMORY, Shelf

BESIDE = 3_000_000
"""Records up to which the register is written beside the tables; more of them would need the memory of both."""


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
    if "bit" in text.lower() and -40 <= value <= 100:
        return value
    if 0 < value < 1 and "bit" not in text.lower():
        return log2(value / (1 - value))
    raise _bad_threshold(text)


def _bad_threshold(text: str) -> ConfigurationError:
    expected = "a probability such as 0.95 or 95%, or a match weight such as 4.2bits"
    return ConfigurationError("the threshold can't be read", where="--threshold", expected=expected, found=text[:20])


def run_match(order: Order, watch: Watch = unwatched) -> Done:
    """Do it. Raises ConfigurationError, SourceMalformed and what the engine raises; nothing is written then."""
    started = perf_counter()
    if order.removed is not None and not order.update:
        raise ConfigurationError(
            "records can be taken out of a result only", where="--removed", expected="--update beside it"
        )
    if order.out.exists() and not order.out.is_dir():
        raise ConfigurationError("the results need a folder", where="--out", found=f"a file: {order.out}")
    if not order.inputs and not order.removed:
        raise ConfigurationError("there is nothing to match", where="INPUT", expected="a Parquet or CSV file")
    require("engine", order.engine, ENGINES, where="--engine")
    with within(order.memory):
        return _update(order, watch, started) if order.update else _run(order, watch, started)


def _update(order: Order, watch: Watch, started: float) -> Done:
    """Match what changed against the register of the run before, and carry its tables on."""
    config, model = config_before(order.out), model_before(order.out)
    settings = _as_before(order, model)
    before = Identified(model["record_key"] != "record id", bool(model["sources"]))
    removed = removed_ids(order.removed, before.is_qualified)
    with _stage("read", watch):
        table, records = _arriving(order, settings, before)
        settings, table = _with_source(settings, table, records)
        table = settings.prepare(table)
    with TemporaryDirectory(prefix=".match-", dir=order.out) as folder:
        register = Path(folder) / FOLDER
        with _stage("update", watch):
            copy_register(order.out / FOLDER, register)
            tables, counts = updated_tables(
                order.out, register, table, records, removed, config, before.is_qualified
            )
        model["updates"] = [*model.get("updates", []), counts | {"new_sources": _new_sources(model, records)}]
        model["sources"] = sorted({*model["sources"], *model["updates"][-1]["new_sources"]})
        with _stage("write", watch):
            write_all(order.out, tables, model, None, register)
    return Done(order.out, model, perf_counter() - started)


def _arriving(order: Order, settings: Settings, before: Identified) -> tuple[pa.Table, Records]:
    fields = list(settings.fields)
    if not order.inputs:
        return nothing_arrives(settings.id, [*([settings.source] if settings.source else []), *fields], before)
    return read_inputs(open_inputs(order.inputs), settings.id, settings.source, fields, before)


def _new_sources(model: dict[str, Any], records: Records) -> list[str]:
    """Sources that nothing came from before: a file that is called otherwise is one, and doubles what it brings."""
    met = records.source.drop_null().unique().to_pylist() if records.source is not None else []
    return sorted(set(met) - set(model["sources"]))


def _as_before(order: Order, model: dict[str, Any]) -> Settings:
    """The settings of the run before. Raises ConfigurationError where others are asked for: they need a full run."""
    settings = Settings.model_validate(model["settings"])
    asked = {"--threshold": order.threshold is not None, "--engine": order.engine != ENGINES[0]}
    asked["--config"] = order.config is not None and load_config(order.config) != settings
    others = [name for name, is_other in asked.items() if is_other]
    if others:
        raise ConfigurationError(
            "an update goes on as the run before",
            where=", ".join(others),
            expected="the configuration, threshold and engine of the run before",
            next_step="leave it out, or match everything once without --update",
        )
    return settings


def _run(order: Order, watch: Watch, started: float) -> Done:
    there = next(path for path in (order.out, *order.out.absolute().parents) if path.is_dir())
    with TemporaryDirectory(prefix=".match-", dir=there) as folder:
        # Where memory is short, arrays lie in files on the disk that the result goes to.
        return _run_in(Path(folder), order, watch, started)


def _run_in(folder: Path, order: Order, watch: Watch, started: float) -> Done:
    shelf = Shelf(folder) if order.memory else IN_MEMORY
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
        register = folder / FOLDER
        write = partial(write_register, register, table, record_keys(table, config), found, config, None)
        is_beside = not order.memory and table.num_rows <= BESIDE
        written = beside.submit(write) if is_beside else None
        if written is None:
            write()
        model = describe(files, records, found, config, quality)
        model |= {"guessed": guessed, "settings": told.model_dump(mode="json", exclude_defaults=True)}
        cases = [case.to_dict() for case in hardest_cases(table, records, found, config)]
        tables = tables_of(records, found, config, quality, shelf)
        report = build_match_report(model, cases)
        if written is not None:
            written.result()
        write_all(order.out, tables, model, report, register)
    return Done(order.out, model, perf_counter() - started)


def _find(table: pa.Table, config: MatchConfig, engine: str, watch: Watch, shelf: Shelf) -> Matched:
    """Match on the engine that is asked for; both find the same."""
    if engine == "duckdb":
        return match(table, config, watch=watch, shelf=shelf)
    require_extra("spark", "--engine spark")
    from transforms.match.spark import match_on_spark

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
