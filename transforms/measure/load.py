"""Read the measure files and verify them: a measure exists because its YAML file does.

To add one: write ``catalogue/<id>.yml`` (shape: :mod:`schemas.measure_file`) and its SQL files beside it. Nothing
else is edited. What can be known without data is checked here and in :mod:`transforms.measure.verify`, before
anything runs.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import cast

import pyarrow as pa
from pydantic import ValidationError

from schemas.codes import load_yaml
from schemas.errors import ConfigurationError
from schemas.measure_file import FIGURES, MeasureFile, Step, Value

CATALOGUE = Path(__file__).parent / "catalogue"
NEXT_STEP = "fix the file, then run: liandao metrics --rules"
_PARAMETER = re.compile(r"\$([a-z][a-z0-9_]*)")
_COMMENT = re.compile(r"--[^\n]*")

Parameters = Mapping[str, Value]
Function = Callable[[pa.Table, Parameters], pa.Table]


@dataclass(frozen=True, slots=True)
class Query:
    """One SQL file read: its text, and the ``$names`` it binds."""

    name: str
    sql: str
    binds: frozenset[str]

    @property
    def meaning(self) -> str:
        """What one row means: the comment that the file begins with."""
        lines = takewhile(lambda line: line.startswith("-- "), self.sql.splitlines())
        return " ".join(line.removeprefix("-- ") for line in lines)


@dataclass(frozen=True, slots=True)
class Statement:
    """One step of one measure, ready to run. ``function`` is None where the SELECT itself is the result."""

    measure: MeasureFile
    step: Step
    query: Query
    function: Function | None

    @property
    def where(self) -> str:
        """The step's file, for errors."""
        return f"{self.measure.id}/{self.query.name}"


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure with everything its files say."""

    file: MeasureFile
    statements: tuple[Statement, ...]
    checks: tuple[Query, ...]


def load_measures(root: Path = CATALOGUE) -> dict[str, Measure]:
    """Every measure under ``root`` by id, in order of id. Raises ConfigurationError naming the file and what to do."""
    measures = [_load_measure(path) for path in sorted(root.glob("*.yml"))]
    unused = {p.name for p in root.glob("*.sql")} - {q for m in measures for q in _files_of(m)}
    if unused:
        raise _error(
            "SQL files that no measure names", root.name, "every .sql named in a .yml", ", ".join(sorted(unused))
        )
    return {m.file.id: m for m in measures}


def _files_of(measure: Measure) -> set[str]:
    return {s.query.name for s in measure.statements} | {q.name for q in measure.checks}


def _load_measure(path: Path) -> Measure:
    try:
        file = MeasureFile.model_validate(load_yaml(path))
    except ValidationError as broken:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in broken.errors())
        raise _error(
            "a measure file does not have its shape", path.name, "schemas.measure_file.MeasureFile", faults
        ) from None
    if file.id != path.stem:
        raise _error("a measure file is named otherwise than its measure", path.name, f"{file.id}.yml", path.name)
    statements = tuple(_load_statement(path.parent, file, step) for step in file.steps)
    checks = tuple(_load_query(path.parent, file, name) for name in file.checks)
    return Measure(file, statements, checks)


def _load_statement(folder: Path, file: MeasureFile, step: Step) -> Statement:
    return Statement(file, step, _load_query(folder, file, step.sql), _load_function(file, step))


def _load_query(folder: Path, file: MeasureFile, name: str) -> Query:
    try:
        sql = (folder / name).read_text(encoding="utf-8").strip().rstrip(";")
    except FileNotFoundError:
        raise _error(
            "a measure names an SQL file that is not there", file.id, f"{name} beside {file.id}.yml", "nothing"
        ) from None
    if not sql.startswith("-- "):
        raise _error("an SQL file does not say what one row means", f"{file.id}/{name}", "a comment first", sql[:20])
    binds = frozenset(_PARAMETER.findall(_COMMENT.sub("", sql)))
    undeclared = binds - set(file.parameters) - {"window_start", "window_end"}
    if undeclared:
        raise _error("an SQL file binds parameters that its measure does not declare", f"{file.id}/{name}",
                     "declared parameters", ", ".join(f"${b}" for b in sorted(undeclared)))  # fmt: skip
    return Query(name, sql, binds)


def _load_function(file: MeasureFile, step: Step) -> Function | None:
    if step.then is None:
        return None
    module, _, name = step.then.partition(":")
    try:
        return cast("Function", getattr(importlib.import_module(f"transforms.measure.{module}"), name))
    except (ImportError, AttributeError):
        raise _error("a measure names a function that is not there", file.id, f"transforms.measure.{module}.{name}",
                     "nothing") from None  # fmt: skip


def _error(message: str, where: str, expected: str, found: str) -> ConfigurationError:
    return ConfigurationError(message, where=where, expected=expected, found=found, next_step=NEXT_STEP)


def figure_ids(file: MeasureFile) -> list[str]:
    """The ids under which a measure's figures are stored: its own, then ``id.part`` for each part."""
    return [file.id, *(f"{file.id}.{part}" for part in file.parts)]


def writes_figures(statement: Statement) -> bool:
    """Whether a step's rows are figures, not rows of a mart table of its own."""
    return statement.step.writes == FIGURES
