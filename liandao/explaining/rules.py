"""Rules by their reason codes: what each demands, of what, and how many rows broke it in what is published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from sqlalchemy import Table

from liandao.answers.explained import RuleExplained, RuleHits, Words
from schemas.columns import meta_of
from schemas.project_rules import project_rules
from schemas.rules import Dimension, Rule
from schemas.streams import stream_tables
from transforms.quality.rowchecks import compile_checks
from transforms.quality.suites import suite_of
from warehouse import reader

SEVERITIES = {
    "quarantine": ("隔离：不入库，告知平台", "set aside: it is not loaded, the owner is told"),
    "drop": ("剔除：不入库，不算平台的差错", "left out by a named rule, and not the owner's fault"),
    "flag": ("计数：照常入库", "counted: the row is loaded all the same"),
    "stop": ("停止：该条线这批数据不入库", "stop: these batches of the line are not loaded"),
    "warn": ("提醒：照常入库", "warn: it is loaded all the same"),
}
OF_TABLES = {
    "COLUMNS": ("列与声明的完全一致", "has the declared columns and no other"),
    "ROWS": ("至少一行", "has a row at least"),
    "UNIQUE_ROW": ("同一行不出现两次", "has no row twice"),
    "UNIQUE_KEY": ("同一批中很少有同一主键的多个版本", "seldom has a key in several versions within a batch"),
}
NOT_SAID = {"severity", "dimension", "name", "zh", "en"}
HITS = """
SELECT platform_id, stream, sum(row_count)::BIGINT FROM warehouse.ctl_quality_flag
WHERE reason_code = ? GROUP BY ALL ORDER BY 3 DESC, 1, 2
"""


def rule_codes() -> dict[str, tuple[Table, str | None]]:
    """Reason code -> table and column (None: of the table as a whole) of every rule of the project in use."""
    found: dict[str, tuple[Table, str | None]] = {}
    for table in stream_tables().values():
        found |= {check.check_id: (table, None) for check in suite_of(table)}
        found |= {code: (table, column) for code, column, _ in _row_rules(table)}
    return found


def _row_rules(table: Table) -> Iterator[tuple[str, str, Rule]]:
    for check in compile_checks(table):
        yield check.code, check.columns[0], check.rule


def code_written(word: str) -> str:
    """A reason code as somebody may have written it: in lower case, or with the table's whole name."""
    return word.upper().removeprefix("CORE_")


def explain_rule(home: Path | None, code: str) -> RuleExplained:
    """What a rule demands. ``home``: where to count the rows that broke it. Raises KeyError for a code of no rule."""
    table, column = rule_codes()[code]
    rows, hits = (None, []) if home is None or not reader.is_published(home) else _hits(home, code)
    if column is None:
        check = next(c for c in suite_of(table) if c.check_id == code)
        demands = Words(*OF_TABLES.get(code.rpartition(".")[2], (check.kind, check.kind)))
        severity, dimension, parameters = check.severity, check.dimension, check.arguments
        return RuleExplained(
            "rule", code, table.name, None, None, demands, {k: str(v) for k, v in parameters.items()},
            _dimension(dimension), severity, Words(*SEVERITIES[severity]), "program", rows, hits,
        )  # fmt: skip
    rule = next(rule for found, _, rule in _row_rules(table) if found == code)
    of_column = meta_of(table.columns[column])
    added = project_rules().get((table.name, column), ())
    own = [f for f in fields(rule) if f.name not in NOT_SAID and getattr(rule, f.name) != f.default]
    said = {f.name: str(getattr(rule, f.name)) for f in own}
    return RuleExplained(
        topic="rule",
        code=code,
        table=table.name,
        column=column,
        column_title=Words(of_column.zh, of_column.en),
        demands=Words(rule.zh, rule.en),
        parameters=said,
        dimension=_dimension(rule.dimension),
        severity=rule.severity.value,
        severity_means=Words(*SEVERITIES[rule.severity.value]),
        origin=f"rules/{table.name.removeprefix('core_')}.yml" if rule in added else "program",
        rows=rows,
        hits=hits,
    )


def _dimension(dimension: Dimension) -> str:
    return f"{dimension.value} {dimension.name.lower()}"


def _hits(home: Path, code: str) -> tuple[int, list[RuleHits]]:
    with reader.connect(home) as con:
        found = [RuleHits(*row) for row in con.execute(HITS, [code]).fetchall()]
    return sum(hit.rows for hit in found), found
