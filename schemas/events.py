"""What a home tells of its runs, one JSON object a line in ``events/YYYY-MM.jsonl``: the shape of each kind.

Whoever watches a deployment from outside reads these lines. They hold ids of platforms, lines, batches and runs,
counts, durations and error codes; nothing of a record, nothing that a source wrote, nobody's name. Keys stay: later
versions add kinds, and keys that may be absent; one that goes or comes to mean something else is another
:data:`VERSION`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, RootModel, StringConstraints

from schemas.platform_file import Strict

VERSION = 1
Id = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]
"""A stable code such as ``LD-2001`` (see ``schemas/errors.py``)."""
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0)]


class Event(Strict):
    """What every event says: ``v``, the version of this shape; ``id``, its own, sortable by time; ``at``, Beijing
    time."""

    v: Literal[1] = 1
    id: Id
    at: AwareDatetime


class RunStarted(Event):
    """A run began. ``program``: version of Liandao."""

    kind: Literal["run.started"] = "run.started"
    run_id: Id
    program: str


class RunEnded(Event):
    """A run came to its end. ``seconds``: since it began. ``error_code``: what ended it early; null where every step
    was done, whatever became of single platforms."""

    kind: Literal["run.ended"] = "run.ended"
    run_id: Id
    seconds: Seconds
    error_code: Code | None = None


class PlatformRead(Event):
    """A platform was read and its rows checked. ``batch_id``: null where nothing was new."""

    kind: Literal["platform.read"] = "platform.read"
    platform_id: Id
    line_id: Id
    batch_id: Id | None
    seconds: Seconds
    extracted: Count
    landed: Count
    accepted: Count
    quarantined: Count
    dropped: Count


class PlatformFailed(Event):
    """A platform could not be read. ``transient``: whether trying again may help; ``seconds``: null where that is not
    known, as of one whose process died."""

    kind: Literal["platform.failed"] = "platform.failed"
    platform_id: Id
    error_code: Code
    transient: bool
    seconds: Seconds | None = None


class GateJudged(Event):
    """The gate judged what waited of a line. ``failed_stop`` and ``failed_warn``: checks that failed, by severity; the
    batches of a line that did not pass stay out of the warehouse."""

    kind: Literal["gate.judged"] = "gate.judged"
    line_id: Id
    gate_id: Id
    batches: Count
    evaluated: Count
    passed: bool
    failed_stop: Count
    failed_warn: Count
    seconds: Seconds


class GateFailed(Event):
    """The gate of a line broke, and judged nothing."""

    kind: Literal["gate.failed"] = "gate.failed"
    line_id: Id
    error_code: Code
    seconds: Seconds


class StepDone(Event):
    """A step that sees all lines was done. ``counts``: what it counted, by name; ``left_out``: what it left out, such
    as measures of the project that failed."""

    kind: Literal["step.done"] = "step.done"
    run_id: Id
    step: Word
    seconds: Seconds
    counts: dict[Word, int]
    left_out: list[Id] = Field(default_factory=list)


class StepFailed(Event):
    """A step failed; readers keep the generation that they have."""

    kind: Literal["step.failed"] = "step.failed"
    run_id: Id
    step: Word
    seconds: Seconds
    error_code: Code


class GenerationPublished(Event):
    """Readers open a new generation. ``checksum``: of its content; ``previous``: what they opened before, null at
    first."""

    kind: Literal["generation.published"] = "generation.published"
    run_id: Id
    generation: Annotated[int, Field(ge=1)]
    checksum: Id
    previous: int | None


class GenerationRolledBack(Event):
    """Somebody let readers open another generation. ``set_aside`` and ``released``: how many batches that did so to."""

    kind: Literal["generation.rolled_back"] = "generation.rolled_back"
    before: int
    now: int
    set_aside: Count
    released: Count


class BatchSetAside(Event):
    """Somebody kept a batch out of the warehouse."""

    kind: Literal["batch.set_aside"] = "batch.set_aside"
    batch_id: Id


class BatchReleased(Event):
    """Somebody let a batch that was aside go on to the warehouse."""

    kind: Literal["batch.released"] = "batch.released"
    batch_id: Id


class MessageSent(Event):
    """People were told. ``channel``: its name under ``notify``; ``problems``, ``recovered``: how many it spoke of."""

    kind: Literal["message.sent"] = "message.sent"
    channel: Id
    problems: Count
    recovered: Count
    seconds: Seconds


class MessageFailed(Event):
    """People could not be told by this channel; the next run tries again."""

    kind: Literal["message.failed"] = "message.failed"
    channel: Id
    error_code: Code
    seconds: Seconds


class LineageFailed(Event):
    """The server that the deployment names did not take lineage; it stands in the home's file all the same."""

    kind: Literal["lineage.failed"] = "lineage.failed"
    error_code: Code
    seconds: Seconds


class EventLine(
    RootModel[
        Annotated[
            RunStarted
            | RunEnded
            | PlatformRead
            | PlatformFailed
            | GateJudged
            | GateFailed
            | StepDone
            | StepFailed
            | GenerationPublished
            | GenerationRolledBack
            | BatchSetAside
            | BatchReleased
            | MessageSent
            | MessageFailed
            | LineageFailed,
            Field(discriminator="kind"),
        ]
    ]
):
    """One line of the events file."""
