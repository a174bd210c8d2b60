"""Suites: the declared rules once more, as one Great Expectations suite per canonical table.

Row checks have decided about every row before a suite runs, so on accepted rows a rule that quarantines or drops
must hold for all (``stop``: if it doesn't, the two readings of the rule disagree), and a rule that flags must hold
for most (``warn``). Table-level expectations are added: the columns, at least one row, no row twice, few versions of
one record.

This module only says what is expected, as plain :class:`Expected` values; ``gate.py`` turns them into objects of the
library, which costs seconds to import. Castable isn't here: what could not be read is no longer in an accepted table
(its counts are in the receipts).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Date, DateTime, Table

from schemas.codes import code_lists
from schemas.columns import ZONE, table_meta
from schemas.project import per_project
from schemas.project_rules import rules_of
from schemas.rules import (
    Between,
    Castable,
    DigitsKept,
    Dimension,
    InCodes,
    InRegions,
    Matches,
    NotBefore,
    NotTestRecord,
    Required,
    Rule,
    Severity,
    ValidIdentityNumber,
    python_pattern,
)
from schemas.tables.intake_columns import FILLED_BY_US
from transforms.quality.rowchecks import reason_code

MOSTLY = 0.9
"""Least share of rows for which a rule that flags must hold."""
SINGLE_VERSIONS = 0.95
"""Least share of rows that are the only version of their record in a batch set."""
TEST_NAME = (
    r"测试|测验数据|演示数据|样例|(?:^|[^A-Za-z])(?:[Tt][Ee][Ss][Tt]|[Dd][Ee][Mm][Oo])(?:[^A-Za-z]|$)"
    r"|^(?:张三|李四|王五|某某)\s*[0-9A-Za-z_-]"
)
"""Names of test records, in the regular expressions of Python."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One expectation. ``kind``: class name in ``great_expectations.expectations``. ``columns``: columns of the
    table that it looks at. ``helper``: name of a column made by ``helpers.py`` (1 holds, 0 broken, null not judged),
    if any."""

    check_id: str
    kind: str
    dimension: Dimension
    stops: bool
    arguments: dict[str, Any]
    columns: tuple[str, ...] = ()
    helper: str | None = None

    @property
    def severity(self) -> str:
        """``stop`` or ``warn``."""
        return "stop" if self.stops else "warn"


@per_project
def suite_of(table: Table) -> tuple[Expected, ...]:
    """Everything expected of a canonical table's accepted rows; table-level first, then by column."""
    columns = [col for col in table.columns if col.name not in FILLED_BY_US]
    rules = [(col, rule) for col in columns for rule in rules_of(col) if not isinstance(rule, Castable)]
    return (*_of_table(table), *(_of_rule(table, col, rule) for col, rule in rules))


def _of_table(table: Table) -> list[Expected]:
    name = table.name.removeprefix("core_").upper()
    key, row = table_meta(table).key[0], "landed_row"
    return [
        Expected(
            f"{name}.COLUMNS",
            "ExpectTableColumnsToMatchSet",
            Dimension.CONFORMITY,
            True,
            {"column_set": [c.name for c in table.columns] + helpers_of(table), "exact_match": True},
        ),
        Expected(f"{name}.ROWS", "ExpectTableRowCountToBeBetween", Dimension.COMPLETENESS, True, {"min_value": 1}),
        Expected(
            f"{name}.UNIQUE_ROW",
            "ExpectCompoundColumnsToBeUnique",
            Dimension.ACCURACY,
            True,
            {"column_list": [key, row]},
            (key, row),
        ),
        Expected(
            f"{name}.UNIQUE_KEY",
            "ExpectColumnValuesToBeUnique",
            Dimension.ACCURACY,
            False,
            {"column": key, "mostly": SINGLE_VERSIONS},
            (key,),
        ),
    ]


def helpers_of(table: Table) -> list[str]:
    """Names of the helper columns that a table's suite needs."""
    rules = [(col, rule) for col in table.columns for rule in rules_of(col)]
    return [helper_name(col.name, rule) for col, rule in rules if isinstance(rule, _HELPED)]


def helper_name(column: str, rule: Rule) -> str:
    """``cert_no``, CHECK_DIGIT -> ``cert_no__check_digit``."""
    return f"{column}__{rule.name.lower()}"


def _of_rule(table: Table, col: Column[object], rule: Rule) -> Expected:
    kind, arguments = _COMPILERS[type(rule)](rule, col)
    stops = rule.severity is not Severity.FLAG
    helper = helper_name(col.name, rule) if isinstance(rule, _HELPED) else None
    columns = (col.name, rule.other) if isinstance(rule, NotBefore) else (col.name,)
    return Expected(
        reason_code(table, col.name, rule),
        kind,
        rule.dimension,
        stops,
        arguments | {"mostly": 1.0 if stops else MOSTLY},
        columns,
        helper,
    )


_Compiled = tuple[str, dict[str, Any]]
_HELPED = (ValidIdentityNumber, DigitsKept, InRegions)
"""Rules that the library can't say by itself, or only with a value set of 31,691 codes in every result."""


def _required(_rule: Required, col: Column[object]) -> _Compiled:
    return "ExpectColumnValuesToNotBeNull", {"column": col.name}


def _in_codes(rule: InCodes, col: Column[object]) -> _Compiled:
    return "ExpectColumnValuesToBeInSet", {"column": col.name, "value_set": list(code_lists()[rule.codes])}


def _between(rule: Between, col: Column[object]) -> _Compiled:
    low, high = (_bound(col, end) for end in (rule.low, rule.high))
    return "ExpectColumnValuesToBeBetween", {"column": col.name, "min_value": low, "max_value": high}


def _bound(col: Column[object], end: float | str | None) -> Any:
    if end is None or not isinstance(col.type, DateTime | Date):
        return end
    day = datetime.fromisoformat(str(end))
    return day.replace(tzinfo=ZoneInfo(ZONE)) if isinstance(col.type, DateTime) else day


def _matches(rule: Matches, col: Column[object]) -> _Compiled:
    return "ExpectColumnValuesToMatchRegex", {"column": col.name, "regex": python_pattern(rule.pattern)}


def _not_before(rule: NotBefore, col: Column[object]) -> _Compiled:
    return "ExpectColumnPairValuesAToBeGreaterThanB", {
        "column_A": col.name,
        "column_B": rule.other,
        "or_equal": True,
        "ignore_row_if": "either_value_is_missing",
    }


def _not_test_record(_rule: NotTestRecord, col: Column[object]) -> _Compiled:
    return "ExpectColumnValuesToNotMatchRegex", {"column": col.name, "regex": TEST_NAME}


def _helped(rule: Rule, col: Column[object]) -> _Compiled:
    return "ExpectColumnValuesToBeInSet", {"column": helper_name(col.name, rule), "value_set": [1.0]}


_COMPILERS: dict[type[Rule], Callable[..., _Compiled]] = {
    Required: _required,
    InCodes: _in_codes,
    InRegions: _helped,
    Between: _between,
    Matches: _matches,
    NotBefore: _not_before,
    ValidIdentityNumber: _helped,
    DigitsKept: _helped,
    NotTestRecord: _not_test_record,
}
