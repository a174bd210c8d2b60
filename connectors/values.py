"""Can a value that stands in a platform file be what a column holds?"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double

from schemas.codes import code_lists, regions
from schemas.project_rules import rules_of
from schemas.rules import Between, InCodes, InRegions, Rule
from schemas.typed_yaml import did_you_mean

_SHOWN = 15


def value_problem(col: Column[object], text: str) -> str | None:
    """What is wrong with ``text`` as a canonical value of ``col``, or None."""
    problem = _type_problem(col, text)
    return problem or next(filter(None, (_rule_problem(rule, text) for rule in rules_of(col))), None)


def code_list_of(col: Column[object]) -> str | None:
    """The code list whose codes ``col`` holds, None when it holds none."""
    return next((rule.codes for rule in rules_of(col) if isinstance(rule, InCodes)), None)


def choices_of(col: Column[object]) -> str:
    """The values that ``col`` may hold, as an error names them; empty when they can't be counted up."""
    if isinstance(col.type, Boolean):
        return "true, false"
    codes = list(code_lists().get(code_list_of(col) or "", {}))
    more = f" and {len(codes) - _SHOWN} more" if len(codes) > _SHOWN else ""
    return ", ".join(codes[:_SHOWN]) + more


def _type_problem(col: Column[object], text: str) -> str | None:
    try:
        if isinstance(col.type, Boolean) and text not in ("true", "false"):
            return "is neither true nor false"
        if isinstance(col.type, BigInteger):
            int(text)
        elif isinstance(col.type, Double):
            float(text)
        elif isinstance(col.type, Date | DateTime):
            datetime.fromisoformat(text)
    except ValueError:
        return f"can't be read as {type(col.type).__name__.lower()}"
    return None


def _rule_problem(rule: Rule, text: str) -> str | None:
    if isinstance(rule, InCodes) and text not in code_lists()[rule.codes]:
        return f"is not a code of list {rule.codes}{did_you_mean(text, code_lists()[rule.codes])}"
    if isinstance(rule, InRegions) and regions() and text not in regions():
        return "is not a region code of 12 digits"
    if isinstance(rule, Between) and isinstance(rule.low, int | float) and isinstance(rule.high, int | float):
        return None if rule.low <= float(text) <= rule.high else f"lies outside {rule.low}..{rule.high}"
    return None
