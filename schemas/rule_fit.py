"""Does a rule that a person wrote fit its column? Asked when the file is read, never first when rows come."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Date, DateTime, Double, String

from schemas.codes import code_lists
from schemas.rules import (
    Between,
    Castable,
    DigitsKept,
    InCodes,
    InRegions,
    Matches,
    NotBefore,
    NotTestRecord,
    Rule,
    ValidIdentityNumber,
    python_pattern,
)
from schemas.typed_yaml import did_you_mean

_WIDER = re.compile(r"\\[DWSbB]|\[\^[^\]]*\\[dws]")
"""What matches more to RE2, for which digits, letters and blanks are those of ASCII, than to Python: a value could pass
the row check and then stop the line's suite."""
_OF_TEXT = (InCodes, InRegions, Matches, ValidIdentityNumber, DigitsKept, NotTestRecord)
_ONE_CHARACTER = re.compile(r"\[\^?\]?(?:\\.|[^\]])*\]|\\[^1-9]")
"""A class or an escaped character: what stands in it is no construct."""
_ONLY_PYTHON = re.compile(r"\(\?(?:<?[=!]|>|\()|\\[1-9]|[*+?}]\+")
"""What Python's expressions have and RE2's lack: look-around, atomic groups, conditions, back-references, possessive
repetition. Told from the text: asking RE2 itself would import Arrow into whoever parses DAGs."""
_BOTH = "one that RE2 and Python both read, without look-around"


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a rule can't be asked of a column."""

    sentence: str
    expected: str = ""


def misfits(rule: Rule, col: Column[Any], columns: Mapping[str, Column[Any]]) -> Iterator[Misfit]:
    """What is wrong with a rule on ``col``; ``columns``: those of its table, by name."""
    if isinstance(rule, _OF_TEXT) and not isinstance(col.type, String):
        yield Misfit("is a rule about text, and this column is none")
    elif isinstance(rule, InCodes):
        yield from _codes(rule)
    elif isinstance(rule, Matches):
        yield from _pattern(rule)
    elif isinstance(rule, Between):
        yield from _bounds(rule, col)
    elif isinstance(rule, NotBefore):
        yield from _order(rule, col, columns)
    elif isinstance(rule, Castable) and isinstance(col.type, String):
        yield Misfit("every text can be read as text")


def _codes(rule: InCodes) -> Iterator[Misfit]:
    lists = code_lists()
    if rule.codes not in lists:
        yield Misfit(
            f"no code list is called {rule.codes}{did_you_mean(rule.codes, lists)}",
            f"a list of reference/codes.yml, the program's or the project's: {', '.join(sorted(lists))}",
        )


def _pattern(rule: Matches) -> Iterator[Misfit]:
    if wider := _WIDER.search(rule.pattern):
        yield Misfit(f"row checks and suites read {wider.group()} differently", "a class such as [^0-9]")
    if lacking := _ONLY_PYTHON.search(_ONE_CHARACTER.sub(".", rule.pattern)):
        yield Misfit(f"is not a regular expression: RE2 has no {lacking.group()}", _BOTH)
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a class such as [[:digit:]] means something else to each
            re.compile(python_pattern(rule.pattern))
    except (re.error, FutureWarning, DeprecationWarning) as broken:
        reason = str(broken).splitlines()[0]
        yield Misfit(f"is not a regular expression: {reason}", _BOTH)


def _bounds(rule: Between, col: Column[Any]) -> Iterator[Misfit]:
    ends = [end for end in (rule.low, rule.high) if end is not None]
    if isinstance(col.type, BigInteger | Double):
        is_bound, expected = _is_number, "numbers"
    elif isinstance(col.type, Date | DateTime):
        is_bound = _is_day if isinstance(col.type, Date) else _is_moment
        expected = "days such as 2015-01-01" + (" or times without a zone" if isinstance(col.type, DateTime) else "")
    else:
        yield Misfit("is a rule about numbers, dates and times, and this column is none")
        return
    if wrong := [end for end in ends if not is_bound(end)]:
        yield Misfit(f"is no bound of this column: {', '.join(map(str, wrong))}", expected)
    elif len(ends) == 2 and ends[0] > ends[1]:  # type: ignore[operator]  # both of one kind, as was just seen
        yield Misfit("low lies above high")


def _is_number(end: float | str) -> bool:
    return not isinstance(end, str)


def _is_day(end: float | str) -> bool:
    try:
        return bool(date.fromisoformat(str(end)))
    except ValueError:
        return False


def _is_moment(end: float | str) -> bool:
    try:
        return datetime.fromisoformat(str(end)).tzinfo is None
    except ValueError:
        return False


def _order(rule: NotBefore, col: Column[Any], columns: Mapping[str, Column[Any]]) -> Iterator[Misfit]:
    if not isinstance(col.type, Date | DateTime):
        yield Misfit("is a rule about dates and times, and this column is none")
        return
    alike = {name: other for name, other in columns.items() if type(other.type) is type(col.type) and other is not col}
    if rule.other not in alike:
        yield Misfit(
            f"is no other column of the same type: {rule.other}{did_you_mean(rule.other, alike)}",
            ", ".join(alike) or "a second column of this type",
        )
