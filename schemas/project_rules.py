"""Row rules of the project in use: ``rules/<kind>.yml``, laid over those that stand beside the columns.

A rule becomes a row check, an expectation, a line of the dictionary and a reason code like any other. One with the id
of a declared rule of the same column takes its place; any other comes after them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Table

from schemas.columns import meta_of
from schemas.project import current, per_project
from schemas.project_tables import READER, twice_named
from schemas.rule_file import RuleFile
from schemas.rule_fit import misfits
from schemas.rules import MOST_CHECKS, Rule
from schemas.streams import stream_tables, unknown_kind
from schemas.tables.intake_columns import FILLED_BY_US
from schemas.typed_yaml import Problem, did_you_mean, yaml_files

Rules = tuple[Rule, ...]
ColumnOf = tuple[str, str]
"""Table and column."""


def rules_of(col: Column[Any]) -> Rules:
    """Every rule of a declared column: its own, with those of the project in use.

    Raises ConfigurationError when a file of the project's rules is wrong.
    """
    declared = meta_of(col).rules
    added = project_rules().get((col.table.name, col.name)) if col.table is not None else None
    return declared if added is None else laid_over(declared, added)


def laid_over(declared: Rules, added: Rules) -> Rules:
    """``declared`` with ``added``: the same name in its place, others behind."""
    by_name = {rule.name: rule for rule in added}
    kept = tuple(by_name.pop(rule.name, rule) for rule in declared)
    return (*kept, *by_name.values())


@per_project
def project_rules() -> dict[ColumnOf, Rules]:
    """The project's rules by table and column; none without a project.

    Raises ConfigurationError with every mistake of a file, each with its line.
    """
    project = current()
    files = yaml_files(project.rules) if project else []
    return {key: rules for path in files for key, rules in read_rules(path).items()}


def read_rules(path: Path) -> dict[ColumnOf, Rules]:
    """One file of rules by table and column; raises ConfigurationError."""
    tree = READER.read(path)
    READER.refuse(path, tree, list(_kind_problems(path.stem)))
    file = READER.validate(RuleFile, tree.value or {}, tree, path)
    rules = {name: tuple(entry.rule() for entry in entries) for name, entries in file.root.items()}
    declared = stream_tables()[path.stem]
    READER.refuse(path, tree, list(_problems(declared, rules)))
    return {(declared.name, name): of_column for name, of_column in rules.items()}


def _kind_problems(kind: str) -> Iterator[Problem]:
    if unknown := unknown_kind(kind):
        sentence, kinds = unknown
        yield Problem((), f"the file's name is the kind's: {sentence}", kinds)


def _problems(declared: Table, rules: dict[str, Rules]) -> Iterator[Problem]:
    columns = {c.name: c for c in declared.columns}
    open_to_rules = {name: col for name, col in columns.items() if name not in FILLED_BY_US}
    for name, of_column in rules.items():
        if name not in open_to_rules:
            yield Problem((name,), f"{declared.name} has no such column{did_you_mean(name, open_to_rules)}",
                          ", ".join(open_to_rules))  # fmt: skip
            continue
        for number, rule in enumerate(of_column):
            for misfit in misfits(rule, columns[name], columns):
                yield Problem((name, number), misfit.sentence, misfit.expected)
        yield from twice_named(list(of_column), (name,))
    count = sum(len(laid_over(meta_of(c).rules, rules.get(n, ()))) for n, c in open_to_rules.items())
    if count > MOST_CHECKS:
        yield Problem((), f"{count} rules of {declared.name}, the declared ones among them", f"at most {MOST_CHECKS}")
