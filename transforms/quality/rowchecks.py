"""Row checks: every declared rule as one SQL predicate that is true for the rows that break it.

The predicates are evaluated over one relation with the typed columns of a canonical table under their own names and, for
columns that are converted, the text they were read from as ``<name>__text``. They use the macros and enums of the
connection that conform works on. A null or blank passes every rule but :class:`schemas.rules.Required`; a masked value
(stars in place of characters) passes every rule about its form, since nothing can be said of what is hidden.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Date, DateTime, Double, Table

from schemas.columns import meta_of
from schemas.rules import (
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

FILLED_BY_US = frozenset({"record_id", "platform_id", "batch_id", "landed_row"})
"""Lineage columns that conform writes itself; they can't break a rule."""
CERTIFICATE_TYPE = "cert_type_code"
NUMBERED_TYPES = ("111", "553", "810")
"""Certificate types whose numbers have the form of GB 11643: resident card, permanent residence, HK-Macao-Taiwan."""
MOST_CHECKS = 62
"""Checks of one table travel as bits of one 64-bit integer."""


@dataclass(frozen=True, slots=True)
class Target:
    """The column a rule is about. ``sent``: columns that the platform sends or declares constant."""

    column: Column[object]
    sent: frozenset[str]

    @property
    def value(self) -> str:
        """The typed column, quoted."""
        return quoted(self.column.name)

    @property
    def text(self) -> str:
        """What the typed column was read from (the column itself when it isn't converted)."""
        return quoted(text_name(self.column))


@dataclass(frozen=True, slots=True)
class Check:
    """A compiled rule. ``code``: stable reason code ``TABLE.COLUMN.RULE``. ``broken_sql``: true (never relied upon to be
    false rather than null) where the rule is broken."""

    code: str
    severity: Severity
    broken_sql: str
    rule: Rule
    column: str


def quoted(name: str) -> str:
    """A declared column's name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def is_converted(col: Column[object]) -> bool:
    """True when text becomes something else: another type, or a name that loses its remarks."""
    typed = isinstance(col.type, BigInteger | Double | Date | DateTime) or col.type.python_type is bool
    return typed or any(isinstance(rule, NotTestRecord) for rule in meta_of(col).rules)


def text_name(col: Column[object]) -> str:
    """Name of the column that holds the text before conversion."""
    return f"{col.name}__text" if is_converted(col) else col.name


def reason_code(table: Table, column: str, rule: Rule) -> str:
    """``core_form``, ``entered_at``, REQUIRED -> ``FORM.ENTERED_AT.REQUIRED``."""
    return f"{table.name.removeprefix('core_')}.{column}.{rule.name}".upper()


def compile_checks(table: Table, sent: frozenset[str]) -> tuple[Check, ...]:
    """Every rule of a table that a platform sending these columns can break, in the order of declaration.

    A column that isn't sent is empty on every row: only Required can be broken, and it is.
    """
    checks = [
        Check(reason_code(table, c.name, rule), rule.severity, _broken(rule, Target(c, sent)), rule, c.name)
        for c in table.columns
        if c.name not in FILLED_BY_US
        for rule in meta_of(c).rules
        if c.name in sent or isinstance(rule, Required)
    ]
    if len(checks) > MOST_CHECKS:
        raise ValueError(f"{table.name}: more than {MOST_CHECKS} rules")
    return tuple(checks)


def broken_bits_sql(checks: tuple[Check, ...]) -> str:
    """One BIGINT expression: bit i is set where check i is broken."""
    bits = [f"CASE WHEN {check.broken_sql} THEN {1 << i} ELSE 0 END" for i, check in enumerate(checks)]
    return " + ".join(bits) if bits else "0"


def _broken(rule: Rule, at: Target) -> str:
    if at.column.name not in at.sent:
        return "true"
    return _COMPILERS[type(rule)](rule, at)


def _required(_rule: Required, at: Target) -> str:
    return f"{at.text} IS NULL"


def _castable(_rule: Castable, at: Target) -> str:
    return f"{at.value} IS NULL AND {at.text} IS NOT NULL AND NOT contains({at.text}, '*')"


def _in_codes(rule: InCodes, at: Target) -> str:
    return f"{at.value} IS NOT NULL AND TRY_CAST({at.value} AS {quoted('codes_' + rule.codes)}) IS NULL"


def _in_regions(_rule: InRegions, at: Target) -> str:
    return f"{at.value} IS NOT NULL AND TRY_CAST({at.value} AS region_code) IS NULL"


def _between(rule: Between, at: Target) -> str:
    ends = [(rule.low, "<"), (rule.high, ">")]
    return " OR ".join(f"{at.value} {sign} {_bound(at.column, end)}" for end, sign in ends if end is not None)


def _bound(col: Column[object], end: float | str) -> str:
    if isinstance(col.type, DateTime):
        return f"TIMESTAMP {literal(str(end))}"
    if isinstance(col.type, Date):
        return f"DATE {literal(str(end))}"
    return repr(float(end))


def _matches(rule: Matches, at: Target) -> str:
    return f"NOT regexp_full_match({at.value}, {literal(rule.pattern)}) AND NOT contains({at.value}, '*')"


def _not_before(rule: NotBefore, at: Target) -> str:
    return f"{at.value} < {quoted(rule.other)}" if rule.other in at.sent else "false"


def _valid_identity_number(_rule: ValidIdentityNumber, at: Target) -> str:
    number = at.value
    parts = [
        f"NOT contains({number}, '*')",
        f"NOT is_valid_identity_number({number})",
        f"NOT regexp_full_match({number}, '[A-Z]{{3}}[0-9]{{12}}')",
    ]
    if CERTIFICATE_TYPE in at.sent:
        kinds = ", ".join(map(literal, NUMBERED_TYPES))
        parts.append(f"coalesce({quoted(CERTIFICATE_TYPE)} IN ({kinds}), true)")
    return " AND ".join(parts)


def _digits_kept(_rule: DigitsKept, at: Target) -> str:
    return f"has_lost_digits({at.value})"


def _not_test_record(_rule: NotTestRecord, at: Target) -> str:
    return f"is_test_name({at.text})"


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
