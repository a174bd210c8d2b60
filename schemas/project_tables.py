"""Stream kinds declared by the project in use: ``tables/<kind>.yml`` read, verified, and made into tables.

A kind is landed, conformed, checked and published as the program's own: from here on nobody can tell them apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Column, Date, DateTime, MetaData, String, Table

from schemas.columns import BOOL, DATE, FLOAT, INT, METADATA, TEXT, TIME, Class, Mask, Tier, column, table
from schemas.facts import FactSource, Surrogate, fact_of
from schemas.project import current, per_project
from schemas.rule_fit import misfits
from schemas.rules import MOST_CHECKS, Castable, Required, Rule, Severity
from schemas.table_file import ColumnFile, KindName, TableFile
from schemas.tables.intake import PROGRAM_STREAMS
from schemas.tables.intake_columns import FILLED_BY_US, lineage
from schemas.typed_yaml import Problem, Reader, did_you_mean, yaml_files

READER = Reader(next_step="correct {path}, then: liandao platforms")
TYPES = {"text": TEXT, "integer": INT, "number": FLOAT, "yes_no": BOOL, "date": DATE, "time": TIME}
SURROGATES = {"form": "person_id", "case": "matter_id"}
"""What a reference to another record brings."""
RESERVED = frozenset(
    {*(c.name for c in lineage()), *SURROGATES.values(), "rowid", "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}
)
"""Names that lineage, surrogates and the stores themselves have taken."""
_MASKED_TYPES: dict[Mask, type] = {Mask.NAME: String, Mask.NUMBER: String, Mask.TOKEN: String, Mask.YEAR: Date}
_KIND: TypeAdapter[str] = TypeAdapter(KindName)


@dataclass(frozen=True, slots=True)
class ProjectTable:
    """One declared kind: its table of the vault, and the masked copy in the warehouse."""

    core: Table
    fact: FactSource


@per_project
def project_tables() -> dict[str, ProjectTable]:
    """The kinds that the project in use declares, by name; none without a project.

    Raises ConfigurationError with every mistake of a file, each with its line.
    """
    project = current()
    metadata = MetaData()  # of this project alone: the next one sees nothing of it
    files = yaml_files(project.tables) if project else []
    return {path.stem: read_table(path, metadata) for path in files}


def read_table(path: Path, metadata: MetaData) -> ProjectTable:
    """One table file as a table; raises ConfigurationError."""
    tree = READER.read(path)
    file = READER.validate(TableFile, {} if tree.value is None else tree.value, tree, path)
    columns = {name: _column(name, entry) for name, entry in file.columns.items()}
    READER.refuse(path, tree, list(_problems(path.stem, file, columns)))
    core = table(
        f"core_{path.stem}",
        *lineage(),
        *columns.values(),
        zh=file.title.zh,
        en=file.title.en,
        grain=file.grain,
        tier=Tier.VAULT,
        key=("record_id",),
        stream=path.stem,
        event_time=file.event_time,
        metadata=metadata,
    )
    references = file.refers_to.model_dump(exclude_none=True)
    surrogates = [Surrogate(SURROGATES[other], other, name) for other, name in references.items()]
    return ProjectTable(core, fact_of(core, f"fact_{path.stem}", *surrogates, metadata=metadata))


def _column(name: str, entry: ColumnFile) -> Column[Any]:
    """Without a mask a personal column counts as dropped here: the problem is told with its line."""
    return column(
        name,
        TYPES[entry.type],
        entry.title.zh,
        entry.title.en,
        definition=entry.definition,
        unit=entry.unit,
        klass=entry.klass,
        mask=Mask.DROP if entry.mask is None and _needs_mask(entry) else entry.mask,
        rules=rules_of_entry(entry),
        cleaning=entry.cleaning,
    )


def rules_of_entry(entry: ColumnFile) -> tuple[Rule, ...]:
    """The declared rules; what is no text must be readable besides, or the row is set aside (where the value is
    required) or counted (where it is not): nothing unreadable becomes empty without a word."""
    declared = tuple(r.rule() for r in entry.rules)
    if entry.type == "text" or any(isinstance(rule, Castable) for rule in declared):
        return declared
    required = any(isinstance(r, Required) and r.severity is not Severity.FLAG for r in declared)
    return (*declared, Castable() if required else Castable(severity=Severity.FLAG))


def _problems(kind: str, file: TableFile, columns: dict[str, Column[Any]]) -> Iterator[Problem]:
    yield from _name_problems(kind)
    for name, entry in file.columns.items():
        for problem in _column_problems(entry, columns[name], columns):
            yield Problem(("columns", name, *problem.path), problem.sentence, problem.expected)
    yield from _event_time_problems(file, columns)
    for other, name in file.refers_to.model_dump(exclude_none=True).items():
        if name not in columns or not isinstance(columns[name].type, String):
            yield Problem(("refers_to", other), f"is no column of text here: {name}{did_you_mean(name, columns)}")
    in_fact = Counter(f"{n}_token" if c.mask is Mask.TOKEN else n for n, c in file.columns.items())
    for name in (n for n, count in in_fact.items() if count > 1):
        yield Problem(("columns", name), "in the warehouse this name is that of a token of another column")
    checked = [c for c in lineage() if c.name not in FILLED_BY_US] + list(columns.values())
    count = sum(len(c.info["meta"].rules) for c in checked)
    if count > MOST_CHECKS:
        yield Problem(("columns",), f"{count} rules, those of the lineage among them", f"at most {MOST_CHECKS} a table")


def _name_problems(kind: str) -> Iterator[Problem]:
    taken = {kind, f"core_{kind}", f"fact_{kind}"} & {*PROGRAM_STREAMS, *METADATA.tables}
    if taken:
        yield Problem((), f"the program has {', '.join(sorted(taken))} already", "a file of another name")
    try:
        _KIND.validate_python(kind)
    except ValidationError as broken:
        sentence = broken.errors()[0]["msg"].removeprefix("Value error, ")
        yield Problem((), f"the file's name is the kind's: {sentence}")


def _column_problems(entry: ColumnFile, col: Column[Any], columns: dict[str, Column[Any]]) -> Iterator[Problem]:
    if col.name in RESERVED:
        yield Problem((), "this name is taken", f"a name other than {', '.join(sorted(RESERVED))}")
    if entry.mask is None and _needs_mask(entry):
        yield Problem(("class",), f"a {entry.klass.value} column needs a mask", f"mask: {', '.join(Mask)}")
    if entry.mask in _MASKED_TYPES and not isinstance(col.type, _MASKED_TYPES[entry.mask]):
        fit = "dates" if entry.mask is Mask.YEAR else "text"
        yield Problem(("mask",), f"this mask is one for {fit}")
    if entry.cleaning is not None and not isinstance(col.type, String):
        yield Problem(("cleaning",), "is for text")
    for number, rule in enumerate(r.rule() for r in entry.rules):
        for misfit in misfits(rule, col, columns):
            yield Problem(("rules", number), misfit.sentence, misfit.expected)
    yield from twice_named([r.rule() for r in entry.rules], ("rules",))


def twice_named(rules: list[Rule], path: tuple[str | int, ...]) -> Iterator[Problem]:
    """Rules of one column that would share a reason code; ``path``: of their list."""
    for number, rule in enumerate(rules):
        if any(rule.name == earlier.name for earlier in rules[:number]):
            yield Problem((*path, number), f"two rules of this column are called {rule.name}", "give one of them an id")


def _event_time_problems(file: TableFile, columns: dict[str, Column[Any]]) -> Iterator[Problem]:
    moments = {n: c for n, c in columns.items() if isinstance(c.type, Date | DateTime)}
    if file.event_time not in moments:
        yield Problem(
            ("event_time",),
            f"is no column of type date or time: {file.event_time}{did_you_mean(file.event_time, moments)}",
            ", ".join(moments) or "a column of type time",
        )


def _needs_mask(entry: ColumnFile) -> bool:
    return entry.klass in (Class.PERSONAL, Class.SENSITIVE)
