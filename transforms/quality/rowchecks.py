"""Row checks: every declared rule as one SQL predicate that is true for the rows that break it.

The predicates are evaluated over one relation with the typed columns of a canonical table under their own names and,
for columns that are converted, the text they were read from as ``<name>__text``. They use the macros and enums of the
connection that conform works on. A null or blank passes every rule but :class:`schemas.rules.Required`; a masked value
(stars in place of characters) passes every rule about its form, since nothing can be said of what is hidden.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Date, DateTime, Double, Table

from schemas.codes import regions
from schemas.errors import ConfigurationError
from schemas.project import per_project
from schemas.project_rules import rules_of
from schemas.rules import (
    MOST_CHECKS,
    Between,
    Castable,
    DigitsKept,
    InCodes,
    InRegions,
    Matches,
    NotBefore,
    NotTestRecord,
    Required,
    Rule,
    Severity,
    ValidIdentityNumber,
)
from schemas.tables.intake_columns import FILLED_BY_US

CERTIFICATE_TYPE = "cert_type_code"
NUMBERED_TYPES = ("111", "553", "810")
"""Certificate types whose numbers have the form of GB 11643: resident card, permanent residence, HK-Macao-Taiwan."""
OLD_FOREIGN_PERMIT = "[A-Z]{3}[0-9]{12}"
"""Numbers of permanent residence cards before December 2023: no check digit."""


@dataclass(frozen=True, slots=True)
class Check:
    """A compiled rule. ``code``: stable reason code ``TABLE.COLUMN.RULE``. ``broken_sql``: true where the rule is
    broken, false or null elsewhere. ``columns``: the columns it looks at, its own first."""

    code: str
    severity: Severity
    broken_sql: str
    rule: Rule
    columns: tuple[str, ...]


def quoted(name: str) -> str:
    """A declared column's name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def is_converted(col: Column[object]) -> bool:
    """True when text becomes something else: another type, or a name that loses its remarks."""
    typed = isinstance(col.type, BigInteger | Double | Date | DateTime) or col.type.python_type is bool
    return typed or _is_name(col)


def _is_name(col: Column[object]) -> bool:
    return any(isinstance(rule, NotTestRecord) for rule in rules_of(col))


def text_name(col: Column[object]) -> str:
    """Name of the column that holds the text before conversion."""
    return f"{col.name}__text" if is_converted(col) else col.name


def reason_code(table: Table, column: str, rule: Rule) -> str:
    """``core_form``, ``entered_at``, REQUIRED -> ``FORM.ENTERED_AT.REQUIRED``."""
    return f"{table.name.removeprefix('core_')}.{column}.{rule.name}".upper()


@per_project
def compile_checks(table: Table) -> tuple[Check, ...]:
    """Every rule of a table as a check, in the order of declaration.

    A column that a platform doesn't send is null on every row: only Required can be broken there, and it is.
    """
    checks = tuple(
        _compile(table, col, rule)
        for col in table.columns
        if col.name not in FILLED_BY_US
        for rule in rules_of(col)
    )
    if len(checks) > MOST_CHECKS:
        raise ConfigurationError(
            "a table has more rules than a row can carry",
            where=table.name,
            expected=f"at most {MOST_CHECKS}",
            found=str(len(checks)),
        )
    return checks


def _compile(table: Table, col: Column[object], rule: Rule) -> Check:
    others: dict[type[Rule], str] = {NotBefore: getattr(rule, "other", ""), ValidIdentityNumber: CERTIFICATE_TYPE}
    columns = tuple(name for name in (col.name, others.get(type(rule), "")) if name in table.columns)
    return Check(reason_code(table, col.name, rule), rule.severity, _COMPILERS[type(rule)](rule, col), rule, columns)


def broken_bits_sql(checks: tuple[Check, ...]) -> str:
    """One BIGINT expression: bit i is set where check i is broken."""
    bits = [f"CASE WHEN {check.broken_sql} THEN {1 << i} ELSE 0 END" for i, check in enumerate(checks)]
    return " + ".join(bits) if bits else "0"


def _value(col: Column[object]) -> str:
    return quoted(col.name)


def _text(col: Column[object]) -> str:
    return quoted(text_name(col))


def _required(_rule: Required, col: Column[object]) -> str:
    """A name that was nothing but remarks is none, and neither is a time of which the source shows stars; whether other
    text can be made a number or a time is Castable's."""
    if _is_name(col):
        return f"{_value(col)} IS NULL"
    return f"{_value(col)} IS NULL AND coalesce(contains({_text(col)}, '*'), true)"


def _castable(_rule: Castable, col: Column[object]) -> str:
    return f"{_value(col)} IS NULL AND {_text(col)} IS NOT NULL AND NOT contains({_text(col)}, '*')"


def _in_codes(rule: InCodes, col: Column[object]) -> str:
    return f"{_value(col)} IS NOT NULL AND TRY_CAST({_value(col)} AS {quoted('codes_' + rule.codes)}) IS NULL"


def _in_regions(_rule: InRegions, col: Column[object]) -> str:
    if not regions():  # a project that has brought in none yet: nothing can be said of a code
        return "false"
    return f"{_value(col)} IS NOT NULL AND TRY_CAST({_value(col)} AS region_code) IS NULL"


def _between(rule: Between, col: Column[object]) -> str:
    ends = [(rule.low, "<"), (rule.high, ">")]
    return " OR ".join(f"{_value(col)} {sign} {_bound(col, end)}" for end, sign in ends if end is not None)


def _bound(col: Column[object], end: float | str) -> str:
    if isinstance(col.type, DateTime):
        return f"TIMESTAMP {literal(str(end))}"
    if isinstance(col.type, Date):
        return f"DATE {literal(str(end))}"
    return repr(float(end))


def _matches(rule: Matches, col: Column[object]) -> str:
    return f"NOT regexp_full_match({_value(col)}, {literal(rule.pattern)}) AND NOT contains({_value(col)}, '*')"


def _not_before(rule: NotBefore, col: Column[object]) -> str:
    return f"{_value(col)} < {quoted(rule.other)}"


def _valid_identity_number(_rule: ValidIdentityNumber, col: Column[object]) -> str:
    broken = (
        f"NOT is_valid_identity_number({_value(col)}) AND NOT contains({_value(col)}, '*') "
        f"AND NOT regexp_full_match({_value(col)}, {literal(OLD_FOREIGN_PERMIT)})"
    )
    if CERTIFICATE_TYPE not in col.table.columns:  # a table whose numbers are all of one kind
        return broken
    kinds = ", ".join(map(literal, NUMBERED_TYPES))
    return f"{broken} AND coalesce({quoted(CERTIFICATE_TYPE)} IN ({kinds}), true)"


def _digits_kept(_rule: DigitsKept, col: Column[object]) -> str:
    return f"has_lost_digits({_value(col)})"


def _not_test_record(_rule: NotTestRecord, col: Column[object]) -> str:
    """Judged as it was written, remarks and all, and as it is kept: a gap in the midst of a word hides it from the one,
    a remark that is cut off from the other, and the gate sees the latter."""
    return f"is_test_name({_text(col)}) OR is_test_name({_value(col)})"


_COMPILERS: dict[type[Rule], Callable[..., str]] = {
    Required: _required,
    Castable: _castable,
    InCodes: _in_codes,
    InRegions: _in_regions,
    Between: _between,
    Matches: _matches,
    NotBefore: _not_before,
    ValidIdentityNumber: _valid_identity_number,
    DigitsKept: _digits_kept,
    NotTestRecord: _not_test_record,
}
