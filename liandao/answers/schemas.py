"""Write the published JSON Schemas of what the commands print: ``python -m liandao.answers.schemas``.

One file a command under ``schemas/json``; a test keeps them current, another holds what the commands print against
them.
"""

from __future__ import annotations

import inspect
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from liandao.answers.demo import DemoOutcome
from liandao.answers.explained import Explained
from liandao.answers.files import FOLDER, file_of
from liandao.answers.plain import (
    BatchesMoved,
    BatchRow,
    BoundsProposed,
    DecisionRow,
    DeliveryRow,
    Effective,
    ExportResult,
    FileCheck,
    FileWritten,
    Finding,
    GenerationRow,
    History,
    ImportResult,
    Look,
    MatchSummary,
    MatchUpdate,
    MeasureRule,
    Migrated,
    NewProject,
    PlannedStream,
    PlatformCheck,
    PlatformRow,
    ProjectCheck,
    PublishedFigure,
    RecoverResult,
    RegionCounts,
    RegionLife,
    RegionsImport,
    RolledBack,
    RunDetail,
    RunRow,
)
from liandao.answers.rooms import Balance, PairExplanation, UndoResult
from liandao.answers.upkeep import BackedUp, Difference, LossAccepted, MovedHome, Pruned, Rebuilt, Restored
from liandao.failure import Failure
from liandao.outcome import Outcome
from schemas.decisions import Decision
from schemas.json_schema import text_of, titled
from schemas.questions import Question

ANSWERS: dict[str, Any] = {
    "init": NewProject,
    "config": list[Effective],
    "migrate": Migrated,
    "regions import": RegionsImport,
    "regions show": RegionCounts | RegionLife,
    "run": Outcome | list[PlannedStream],
    "demo": DemoOutcome,
    "platforms": list[PlatformRow],
    "check": PlatformCheck | ProjectCheck | BoundsProposed | FileCheck,
    "balance": Balance,
    "runs": list[RunRow] | RunDetail,
    "notify": list[DeliveryRow],
    "metrics-file": FileWritten,
    "generations": list[GenerationRow],
    "rollback": RolledBack,
    "diff": Difference,
    "rebuild": Rebuilt,
    "backup": BackedUp,
    "restore": Restored,
    "move": MovedHome,
    "prune": Pruned,
    "batch accept-loss": LossAccepted,
    "batch list": list[BatchRow],
    "batch set-aside": BatchesMoved,
    "batch release": BatchesMoved,
    "metrics": list[PublishedFigure] | list[MeasureRule],
    "sql": list[dict[str, Any]],
    "match": MatchSummary | MatchUpdate,
    "review list": list[Question],
    "review decide": Decision,
    "review withdraw": Decision,
    "review undo": UndoResult,
    "review export": ExportResult,
    "review import": ImportResult,
    "review log": list[DecisionRow] | list[Look],
    "review recover": RecoverResult,
    "history": History,
    "explain": PairExplanation | Explained,
    "doctor": list[Finding],
    "error": Failure,
}
"""Command -> what it prints; ``error`` is what every command prints on stderr when it fails."""


class _Generator(GenerateJsonSchema):
    """Every object with the docstring of its class (not every version of pydantic does so), and without a title for
    every key, which would only say its name once more."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False

    def dataclass_schema(self, schema: Any) -> Any:
        description = inspect.cleandoc(schema["cls"].__doc__).replace("``", "`")
        return {"description": description} | super().dataclass_schema(schema) | {"description": description}


def schema_texts() -> dict[str, str]:
    """Command -> what its published file has to be."""
    return {name: _text(name, answer) for name, answer in ANSWERS.items()}


def _text(name: str, answer: Any) -> str:
    title = "liandao … --json, on stderr" if name == "error" else f"liandao {name} --json"
    schema = TypeAdapter(answer).json_schema(mode="serialization", schema_generator=_Generator)
    return text_of(titled(title, schema))


def write() -> None:
    """Write every file anew, and take away those of commands that are gone."""
    FOLDER.mkdir(exist_ok=True)
    texts = schema_texts()
    for path in set(FOLDER.glob("*.json")) - {file_of(name) for name in texts}:
        path.unlink()
    for name, text in texts.items():
        file_of(name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
