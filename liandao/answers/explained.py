"""What ``explain`` of one word prints; see :mod:`liandao.answers.plain`. ``topic`` says which of these it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class Words:
    """The same said in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class ErrorExplained:
    """An error code. ``causes``: what usually causes it; ``do``: what to do, in this order; ``transient``: whether the
    same may go well a little later; ``exit_code``: what a command ends with."""

    topic: Literal["error"]
    code: str
    title: Words
    means: Words
    causes: list[Words]
    do: list[Words]
    transient: bool
    exit_code: int


@dataclass(frozen=True, slots=True)
class RuleHits:
    """Rows of one platform's stream that broke a rule, over every batch published."""

    platform_id: str
    stream: str
    rows: int


@dataclass(frozen=True, slots=True)
class RuleExplained:
    """A rule of rows or of whole tables, by its reason code. ``column``: null for one of a whole table;
    ``dimension``: of GB/T 36344; ``severity``: quarantine, drop, flag, stop or warn; ``parameters``: what else it says,
    such as its range; ``rows``: how many broke it in what is published, null where nothing is."""

    topic: Literal["rule"]
    code: str
    table: str
    column: str | None
    column_title: Words | None
    demands: Words
    parameters: dict[str, str]
    dimension: str
    severity: str
    severity_means: Words
    origin: str
    rows: int | None
    hits: list[RuleHits]


@dataclass(frozen=True, slots=True)
class FigureValue:
    """A figure as published, of the province."""

    value: float | None
    numerator: float | None
    denominator: float | None
    lower: float | None
    upper: float | None
    window_start: date | None
    window_end: date | None
    note: str | None


@dataclass(frozen=True, slots=True)
class FigureExplained:
    """A measure or one of its figures. ``published``: null where it is not, or not for the province; ``generation``:
    the one it was read from; ``stale``: platforms whose last data it stands on, though they could not be read since;
    ``parts``: further figures of the measure."""

    topic: Literal["figure"]
    measure_id: str
    title: Words
    definition: Words
    unit: str
    rule_version: str
    source: str
    grains: list[str]
    parameters: str
    parts: list[str]
    generation: int | None
    published: FigureValue | None
    stale: list[str]


@dataclass(frozen=True, slots=True)
class SettingExplained:
    """A setting or definition as ``config`` lists it. ``change``: where it is changed."""

    topic: Literal["setting"]
    section: str
    name: str
    value: str
    origin: str
    does: Words
    change: str


@dataclass(frozen=True, slots=True)
class RecordExplained:
    """One record, or a landed row that never became one. ``fate``: published, quarantine or drop; ``unit`` and
    ``unit_row``: page, file or query that it came from and the row in it, null where the landed file is gone;
    ``reasons``: rules that it broke, for a published one those of a later version in batch ``refused_in``;
    ``person_id``: who it belongs to, where it is somebody's."""

    topic: Literal["record"]
    record_id: str
    platform_id: str
    stream: str
    fate: str
    batch_id: str
    landed_row: int
    unit: str | None
    unit_row: int | None
    landed_at: str | None
    reasons: list[str]
    refused_in: str | None
    person_id: str | None


@dataclass(frozen=True, slots=True)
class BatchExplained:
    """One batch. ``state``: published, one of ``batch list``, ``expired`` or ``lost``; ``rows``: landed, by stream;
    ``loaded_by`` and ``generation``: the run that loaded it and the generation that this run published; ``reason``,
    ``by`` and ``at``: why it is aside, expired or lost, who said so and when; ``next``: a command, or null."""

    topic: Literal["batch"]
    batch_id: str
    platform_id: str
    line_id: str
    landed_at: str
    state: str
    rows: dict[str, int]
    loaded_by: str | None
    generation: int | None
    failed_rules: list[str]
    reason: str | None
    by: str | None
    at: str | None
    next: str | None


Explained = ErrorExplained | RuleExplained | FigureExplained | SettingExplained | RecordExplained | BatchExplained
