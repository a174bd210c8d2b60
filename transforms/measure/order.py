"""The order in which steps run: whoever fills a table comes before whoever reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from schemas.errors import ConfigurationError
from transforms.measure.load import NEXT_STEP, Measure, Statement, writes_figures


def in_order(measures: Iterable[Measure]) -> list[Statement]:
    """All steps of all measures, each after the steps that fill the tables it needs; otherwise in order of declaration.

    Raises ConfigurationError when two steps fill one table, when nobody fills a needed one, or when needs go in a
    circle.
    """
    statements = [s for m in measures for s in m.statements]
    fillers = _fillers(statements)
    graph = {n: {_filler(fillers, s, table) for table in s.step.needs} for n, s in enumerate(statements)}
    sorter = TopologicalSorter(graph)
    try:
        sorter.prepare()
    except CycleError as circle:
        names = " -> ".join(statements[n].where for n in circle.args[1])
        raise _error("measures need one another in a circle", names, "an order", "a circle") from None
    ordered: list[Statement] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered += [statements[n] for n in ready]
        sorter.done(*ready)
    return ordered


def with_needed(catalogue: Mapping[str, Measure], ids: Iterable[str]) -> dict[str, Measure]:
    """The measures of ``ids`` and those that fill the tables they need, by id in order of the catalogue."""
    owner = {s.step.writes: s.measure.id for m in catalogue.values() for s in m.statements if not writes_figures(s)}
    queue = list(ids)
    wanted = set(queue)
    while queue:
        needs = {owner[t] for s in catalogue[queue.pop()].statements for t in s.step.needs if t in owner}
        queue += needs - wanted
        wanted |= needs
    return {i: m for i, m in catalogue.items() if i in wanted}


def _fillers(statements: list[Statement]) -> dict[str, int]:
    fillers: dict[str, int] = {}
    for n, statement in enumerate(statements):
        table = statement.step.writes
        if writes_figures(statement):
            continue
        if table in fillers:
            other = statements[fillers[table]].where
            raise _error("two steps fill one table", statement.where, f"one step filling {table}", f"also {other}")
        fillers[table] = n
    return fillers


def _filler(fillers: dict[str, int], statement: Statement, table: str) -> int:
    if table not in fillers:
        raise _error("a step needs a table that no step fills", statement.where, f"a step that writes {table}", "none")
    return fillers[table]


def _error(message: str, where: str, expected: str, found: str) -> ConfigurationError:
    return ConfigurationError(message, where=where, expected=expected, found=found, next_step=NEXT_STEP)
