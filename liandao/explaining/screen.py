"""What ``liandao explain`` of one word prints for people."""

from __future__ import annotations

from collections.abc import Iterable

from liandao.answers.explained import (
    BatchExplained,
    ErrorExplained,
    Explained,
    FigureExplained,
    RecordExplained,
    RuleExplained,
    SettingExplained,
    Words,
)
from liandao.options import OUT

STATES = {
    "published": "已发布",
    "to conform": "待整理",
    "to judge": "待判定",
    "to load": "待入库",
    "stopped": "闸门未通过",
    "aside": "已搁置",
    "expired": "已过保存期",
    "lost": "已认损",
}
FATES = {"published": "已发布", "quarantine": "已隔离", "drop": "已剔除"}
MOST_LISTED = 10


def show_explained(told: Explained) -> None:
    """One screen: what it is, both languages, and what to do with it."""
    match told:
        case ErrorExplained():
            _error(told)
        case RuleExplained():
            _rule(told)
        case FigureExplained():
            _figure(told)
        case SettingExplained():
            _setting(told)
        case RecordExplained():
            _record(told)
        case BatchExplained():
            _batch(told)


def _head(name: str, title: Words) -> None:
    OUT.print(f"{name} {title.zh} {title.en}".rstrip(), style="bold", markup=False)


def _say(words: Words) -> None:
    OUT.print(words.zh, words.en, sep="\n", markup=False)


def _facts(rows: Iterable[tuple[str, object]]) -> None:
    for name, value in rows:
        if value not in (None, "", []):
            OUT.print(f"  {name}: {value}", markup=False)


def _error(told: ErrorExplained) -> None:
    _head(told.code, told.title)
    _say(told.means)
    for heading, lines in (("常见原因 usually because of", told.causes), ("处理 what to do", told.do)):
        OUT.print(f"{heading}:", markup=False)
        for number, line in enumerate(lines, 1):
            OUT.print(f"  {number}. {line.zh}", f"     {line.en}", sep="\n", markup=False)
    _facts([("退出码 exit code", told.exit_code), ("重试 trying again", "自动 by itself" if told.transient else "")])


def _rule(told: RuleExplained) -> None:
    _head(told.code, told.demands)
    column = f"{told.table}.{told.column}" if told.column else told.table
    title = f" {told.column_title.zh} {told.column_title.en}" if told.column_title else ""
    parameters = ", ".join(f"{name} = {value}" for name, value in told.parameters.items())
    _facts(
        [
            ("对象 of", column + title),
            ("参数 parameters", parameters if len(parameters) < 400 else f"{parameters[:400]} …"),
            ("维度 dimension", told.dimension),
            ("级别 severity", f"{told.severity}：{told.severity_means.zh} {told.severity_means.en}"),
            ("出处 origin", told.origin),
            ("违反行数 rows that broke it", "尚未发布 nothing published" if told.rows is None else f"{told.rows:,}"),
        ]
    )
    for hit in told.hits[:MOST_LISTED]:
        OUT.print(f"    {hit.platform_id} {hit.stream} {hit.rows:,}", markup=False)


def _figure(told: FigureExplained) -> None:
    _head(told.measure_id, told.title)
    _say(told.definition)
    value = told.published
    at = f"g{told.generation}" if told.generation else "尚未发布 nothing published"
    interval = f" ({_number(value.lower)}–{_number(value.upper)})" if value and value.lower is not None else ""
    parts = f"{_number(value.numerator)} / {_number(value.denominator)}" if value and value.denominator else ""
    stale = ", ".join(told.stale)
    _facts(
        [
            ("规则 rule", f"{told.rule_version}；{told.source}"),
            ("参数 parameters", told.parameters if told.parameters != "{}" else ""),
            ("粒度 grains", ", ".join(told.grains)),
            ("分指标 parts", ", ".join(told.parts)),
            (f"数值 value ({at})", f"{_number(value.value)}{interval} {told.unit}" if value else "—"),
            ("分子/分母 numerator / denominator", parts),
            ("期间 window", f"{value.window_start} … {value.window_end}" if value and value.window_start else ""),
            ("说明 note", value.note if value else ""),
            ("陈旧平台 platforms whose last data it stands on", stale),
        ]
    )


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:,.4f}".rstrip("0").rstrip(".")


def _setting(told: SettingExplained) -> None:
    _head(f"{told.section}.{told.name}", Words("", f"= {told.value}" if told.value else ""))
    _say(told.does)
    _facts([("来源 origin", told.origin), ("在何处改 changed in", told.change)])


def _record(told: RecordExplained) -> None:
    _head(told.record_id, Words(FATES[told.fate], told.fate))
    row = f" 第 {told.unit_row + 1} 行 row" if told.unit_row is not None else ""
    person = f"{told.person_id}  (liandao history {told.person_id})" if told.person_id else ""
    _facts(
        [
            ("平台 platform", told.platform_id),
            ("批次 batch", f"{told.batch_id}  (liandao explain {told.batch_id})"),
            ("来源 from", f"{told.unit}{row}" if told.unit else "落地文件已不在 the landed file is gone"),
            ("落地 landed", told.landed_at),
            ("人员 person", person),
            ("另有较新一行被拒 a newer row was refused in", told.refused_in if told.fate == "published" else None),
            ("违反规则 rules broken", ", ".join(told.reasons)),
        ]
    )
    for reason in told.reasons[:1]:
        OUT.print(f"  liandao explain {reason}", markup=False)


def _batch(told: BatchExplained) -> None:
    _head(told.batch_id, Words(STATES[told.state], told.state))
    rows = ", ".join(f"{stream} {count:,}" for stream, count in told.rows.items())
    said = " · ".join(part for part in (told.reason, told.by, told.at) if part)
    _facts(
        [
            ("平台 platform", f"{told.platform_id} ({told.line_id})"),
            ("落地 landed", told.landed_at),
            ("行 rows", rows),
            ("由运行入库 loaded by run", told.loaded_by),
            ("版本 generation", f"g{told.generation}" if told.generation else ""),
            ("未通过 stopped by", ", ".join(told.failed_rules)),
            ("理由 reason", said),
        ]
    )
    if told.next:
        OUT.print(f"  → {told.next}", markup=False)
