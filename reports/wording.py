"""Words for codes: what a reason code, a class or a state is called on a page, taken from the declarations."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.catalogue import tables
from schemas.columns import meta_of, table_meta
from schemas.project import per_project
from schemas.project_rules import rules_of

DISPOSITIONS = {"quarantine": "隔离", "drop": "剔除", "flag": "提示"}
USAGE_CLASSES = {
    "high": "高频", "medium": "中频", "low": "低频", "seasonal": "季节性", "zombie": "僵尸", "insufficient": "数据不足",
    "retired": "已停用",
}  # fmt: skip
ENTRY_CLASSES = {"cross": "跨平台重复", "intra": "平台内重复", "conflict": "冲突或更新", "first": "首次录入"}


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason code in words: which table and column, which rule, which quality dimension."""

    code: str
    where: str
    rule: str
    dimension: str


@per_project
def _declared_reasons() -> dict[str, Reason]:
    found = {}
    for name, tab in tables().items():
        for col in tab.columns:
            for rule in rules_of(col):
                code = f"{name.removeprefix('core_')}.{col.name}.{rule.name}".upper()
                found[code] = Reason(code, f"{table_meta(tab).zh}·{meta_of(col).zh}", rule.zh, rule.dimension.value)
    return found


def reason(code: str) -> Reason:
    """A reason code in words; a code that no declaration knows stands for itself."""
    return _declared_reasons().get(code, Reason(code, "", code, ""))
