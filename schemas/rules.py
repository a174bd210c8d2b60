"""Row rules: one declaration, compiled twice (to row checks and to Great Expectations).

A rule says what must hold of one column of one canonical table. ``transforms/quality`` compiles it to SQL that routes
rows and to an expectation that judges the table. The six dimensions are those of GB/T 36344-2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MOST_CHECKS = 62
"""Rules of one table: what a row breaks travels as bits of one 64-bit integer."""
MASKED = r".*\*.*"
"""A value of which stars hide characters: nothing can be said of its form."""


class Severity(StrEnum):
    """What happens to a row that breaks the rule."""

    QUARANTINE = "quarantine"
    """Set aside with a reason code; the owner is told; nothing downstream sees it."""
    DROP = "drop"
    """Left out by a named rule (test records, totals rows); counted, kept apart, not the owner's fault."""
    FLAG = "flag"
    """Accepted; the finding is counted in the quality results."""


class Dimension(StrEnum):
    """Quality dimensions of GB/T 36344-2018."""

    CONFORMITY = "规范性"
    COMPLETENESS = "完整性"
    ACCURACY = "准确性"
    CONSISTENCY = "一致性"
    TIMELINESS = "时效性"
    ACCESSIBILITY = "可访问性"


@dataclass(frozen=True, slots=True)
class Rule:
    """Base of all rules. ``name`` is the last part of the reason code ``TABLE.COLUMN.NAME``."""

    severity: Severity = Severity.QUARANTINE
    dimension: Dimension = Dimension.CONFORMITY
    name: str = "RULE"
    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class Required(Rule):
    """The value is present and not blank."""

    dimension: Dimension = Dimension.COMPLETENESS
    name: str = "REQUIRED"
    zh: str = "必填"
    en: str = "is required"


@dataclass(frozen=True, slots=True)
class Castable(Rule):
    """What was typed can be read as the column's type (date, timestamp, number, boolean)."""

    name: str = "CAST"
    zh: str = "格式无法识别"
    en: str = "can be read as its type"


@dataclass(frozen=True, slots=True)
class InCodes(Rule):
    """The value, after code mapping, is in a code list of ``schemas.codes``."""

    codes: str = ""
    name: str = "CODE"
    zh: str = "不在代码表内"
    en: str = "is in its code list"


@dataclass(frozen=True, slots=True)
class Between(Rule):
    """``low <= value <= high`` (either end may be None). Dates and times compare with ISO strings."""

    low: float | str | None = None
    high: float | str | None = None
    dimension: Dimension = Dimension.ACCURACY
    name: str = "RANGE"
    zh: str = "超出合理范围"
    en: str = "lies within its range"


@dataclass(frozen=True, slots=True)
class Matches(Rule):
    """The value matches a regular expression: RE2 for row checks, :func:`python_pattern` for suites, whole value."""

    pattern: str = ""
    name: str = "PATTERN"
    zh: str = "格式不符"
    en: str = "matches its pattern"


@dataclass(frozen=True, slots=True)
class NotBefore(Rule):
    """The value is not earlier than another column of the same row (nulls pass)."""

    other: str = ""
    dimension: Dimension = Dimension.CONSISTENCY
    name: str = "ORDER"
    zh: str = "时间先后矛盾"
    en: str = "is not before another time"


@dataclass(frozen=True, slots=True)
class ValidIdentityNumber(Rule):
    """A resident identity number passes GB 11643-1999 (length, date, check digit) when unmasked."""

    severity: Severity = Severity.FLAG
    dimension: Dimension = Dimension.ACCURACY
    name: str = "CHECK_DIGIT"
    zh: str = "证件号码校验不通过"
    en: str = "passes the check digit of GB 11643"


@dataclass(frozen=True, slots=True)
class DigitsKept(Rule):
    """An 18-digit number did not pass through a numeric spreadsheet cell (which keeps 15 digits)."""

    dimension: Dimension = Dimension.ACCURACY
    name: str = "DIGITS_LOST"
    zh: str = "证件号码被表格截断"
    en: str = "kept all its digits"


@dataclass(frozen=True, slots=True)
class NotTestRecord(Rule):
    """The name is not a test record's (测试, test, 张三/李四 with a marker)."""

    severity: Severity = Severity.DROP
    name: str = "TEST_RECORD"
    zh: str = "测试数据"
    en: str = "is not a test record"


@dataclass(frozen=True, slots=True)
class InRegions(Rule):
    """The value is a 12-digit code of the region table."""

    dimension: Dimension = Dimension.CONSISTENCY
    name: str = "REGION"
    zh: str = "区划代码不存在"
    en: str = "is a known region"


def python_pattern(pattern: str) -> str:
    """A :class:`Matches` pattern for Python, the whole value; masked values pass."""
    return rf"\A(?:{pattern}|{MASKED})\Z"
