"""Read the measure files and verify them: a measure exists because its YAML file does.

The program's own stand in ``catalogue/``, a bureau's in ``measures/`` of its project, where an id that the program has
too replaces the program's measure. To add one: write ``<id>.yml`` (shape: :mod:`schemas.measure_file`) and its SQL
files beside it. Nothing else is edited. What can be known without data is checked here and in
:mod:`transforms.measure.verify`, before anything runs.
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

from schemas.errors import ConfigurationError
from schemas.measure_file import FIGURES, MeasureFile, Step, Value
from schemas.project import current
from schemas.typed_yaml import Reader, yaml_files

CATALOGUE = Path(__file__).parent / "catalogue"
NEXT_STEP = "fix the file, then run: liandao metrics --rules"
READER = Reader(next_step=NEXT_STEP)
_PARAMETER = re.compile(r"\$([a-z][a-z0-9_]*)")
_COMMENT = re.compile(r"--[^\n]*")

Parameters = Mapping[str, Value]
Function = Callable[[pa.Table, Parameters], pa.Table]


@dataclass(frozen=True, slots=True)
class Query:
    """One SQL file read: its text, and the ``$names`` it binds."""

    path: Path
    sql: str
    binds: frozenset[str]

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

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
        return str(self.query.path)


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure with everything its files say."""

    file: MeasureFile
    statements: tuple[Statement, ...]
    checks: tuple[Query, ...]


def load_measures(root: Path | None = None) -> dict[str, Measure]:
    """Every measure by id, in order of id: those of one folder, or the program's with those of the project in use.

    Raises ConfigurationError naming the file and what to do.
    """
    if root is not None:
        return _load_folder(root)
    project = current()
    own = _load_folder(project.measures) if project else {}
    return dict(sorted((_load_folder(CATALOGUE) | own).items()))


def _load_folder(root: Path) -> dict[str, Measure]:
    measures = [_load_measure(path) for path in yaml_files(root)]
    unused = {p.name for p in root.glob("*.sql")} - {q for m in measures for q in _files_of(m)}
    if unused:
        raise _error("SQL files that no measure names", str(root), "every .sql named in a .yml",
                     ", ".join(sorted(unused)))  # fmt: skip
    return {m.file.id: m for m in measures}


def _files_of(measure: Measure) -> set[str]:
    return {s.query.name for s in measure.statements} | {q.name for q in measure.checks}


def _load_measure(path: Path) -> Measure:
    file = READER.model(MeasureFile, path)
    if file.id != path.stem:
        raise _error("a measure file is named otherwise than its measure", str(path), f"{file.id}.yml", path.name)
    statements = tuple(_load_statement(path.parent, file, step) for step in file.steps)
    checks = tuple(_load_query(path.parent / name, file) for name in file.checks)
    return Measure(file, statements, checks)


def _load_statement(folder: Path, file: MeasureFile, step: Step) -> Statement:
    return Statement(file, step, _load_query(folder / step.sql, file), _load_function(step))


def _load_query(path: Path, file: MeasureFile) -> Query:
    try:
        sql = path.read_text(encoding="utf-8-sig").strip().rstrip(";")
    except FileNotFoundError:
        where = str(path.with_name(f"{file.id}.yml"))
        raise _error("a measure names an SQL file that is not there", where, f"{path.name} beside it",
                     "nothing") from None  # fmt: skip
    except (OSError, UnicodeDecodeError) as broken:
        raise _error("an SQL file can't be read", str(path), "a file of text in UTF-8", str(broken)) from None
    if not sql.startswith("-- "):
        raise _error("an SQL file does not say what one row means", str(path), "a comment first", sql[:20])
    binds = frozenset(_PARAMETER.findall(_COMMENT.sub("", sql)))
    undeclared = binds - set(file.parameters) - {"window_start", "window_end"}
    if undeclared:
        raise _error("an SQL file binds parameters that its measure does not declare", str(path),
                     "declared parameters", ", ".join(f"${b}" for b in sorted(undeclared)))  # fmt: skip
    return Query(path, sql, binds)


def _load_function(step: Step) -> Function | None:
    if step.then is None:
        return None
    module, _, name = step.then.partition(":")
    return cast("Function", getattr(importlib.import_module(f"transforms.measure.{module}"), name))


def _error(message: str, where: str, expected: str, found: str) -> ConfigurationError:
    return ConfigurationError(message, where=where, expected=expected, found=found, next_step=NEXT_STEP)


def figure_ids(file: MeasureFile) -> list[str]:
    """The ids under which a measure's figures are stored: its own, then ``id.part`` for each part."""
    return [file.id, *(f"{file.id}.{part}" for part in file.parts)]


def writes_figures(statement: Statement) -> bool:
    """Whether a step's rows are figures, not rows of a mart table of its own."""
    return statement.step.writes == FIGURES
