"""Answers that hold what the rooms declare; see :mod:`liandao.answers.plain`."""

from __future__ import annotations

from dataclasses import dataclass

from liandao.answers.plain import RowCounts, StreamBalance
from liandao.undoing import Event
from schemas.decisions import Decision
from transforms.match.results.explain import FieldEvidence
from warehouse.audit import Imbalance


@dataclass(frozen=True, slots=True)
class Balance:
    """``balance``. ``findings``: broken laws of the audit; ``balanced``: there is none."""

    balanced: bool
    totals: RowCounts
    streams: list[StreamBalance]
    findings: list[Imbalance]


@dataclass(frozen=True, slots=True)
class UndoResult:
    """``review undo``: what was undone, and the decisions that keep it so."""

    event: Event
    decisions: list[Decision]


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One link of the chain. ``weight``: null where a person decided; ``levels``: field -> level of comparison."""

    left_id: str
    right_id: str
    weight: float | None
    levels: dict[str, str]


@dataclass(frozen=True, slots=True)
class PairExplanation:
    """``explain``; weights are bits. ``fields``: what each says, values masked; ``household``: taken away because
    housemates would agree too; ``cap``: why the sum does not stand; ``weight``: what counts; ``decision``: a person's;
    ``together``: one cluster; ``chain``: the strongest chain of links between them."""

    left_id: str
    right_id: str
    prior: float
    fields: list[FieldEvidence]
    household: float
    cap: str | None
    weight: float
    grade: str
    link_weight: float
    decision: str | None
    together: bool
    same_node: bool
    chain: list[ChainLink]
    probability: float
