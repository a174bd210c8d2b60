"""The outcome of a run as plain data: what one screen shows and ``--json`` prints, read back from what was
published."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from liandao.flow import RunDone
from schemas.codes import regions
from schemas.errors import LiandaoError
from warehouse import reader


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure as published."""

    measure_id: str
    value: float | None
    numerator: float | None
    denominator: float | None
    lower: float | None
    upper: float | None
    rule_version: str
    note: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to. ``rows`` are this run's, by fate; ``figures`` are the province's, by measure id; ``survey``:
    what a survey of the bureau's own counted (``high_use``, ``platforms``), a reference and never a target; ``notes``:
    what the project lacks, in both languages, each with what to run."""

    run_id: str
    seconds: float
    platforms_read: int
    platforms_failed: dict[str, str]
    reasons: dict[str, str]
    lines_stopped: list[str]
    rows: dict[str, int]
    persons: int
    matters: int
    figures: dict[str, Figure]
    high_use_platforms: list[str]
    survey: dict[str, int]
    notes: list[str]
    warehouse: str
    reports: str
    exit_code: int

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


ROWS = ("extracted", "landed", "accepted", "quarantined", "dropped")


def read_outcome(home: Path, done: RunDone) -> Outcome:
    """Gather the outcome of a finished run from its receipts and from the published warehouse."""
    ingested = [i for line in done.lines for i in line.ingested]
    with reader.connect(home) as con:
        ((persons,),) = con.execute("SELECT count(*) FROM warehouse.dim_person").fetchall()
        ((matters,),) = con.execute("SELECT count(DISTINCT matter_id) FROM warehouse.link_matter").fetchall()
        figures = read_figures(con)
        survey = reader.read_survey(con)
        high = con.execute(
            "SELECT platform_id FROM warehouse.mart_usage_platform WHERE class_code = 'high' ORDER BY 1"
        ).fetchall()
    return Outcome(
        run_id=done.run_id,
        seconds=round(done.seconds, 1),
        platforms_read=len(ingested),
        platforms_failed={p: e.code for p, e in sorted(done.failed.items())},
        reasons={p: reason_of(e) for p, e in sorted(done.failed.items())},
        lines_stopped=[g.line_id for g in done.stopped],
        rows={name: sum(getattr(i, name) for i in ingested) for name in ROWS},
        persons=persons,
        matters=matters,
        figures=figures,
        high_use_platforms=[p for (p,) in high],
        survey=survey,
        notes=[*lacking(len(ingested) + len(done.failed)), *map(not_computed, done.problems.items())],
        warehouse=str(home / "published" / "current" / "warehouse.duckdb"),
        reports=str(home / "reports" / "index.html"),
        exit_code=done.exit_code,
    )


def reason_of(error: LiandaoError) -> str:
    """Why a platform failed, in one line."""
    return f"{error.message}: {found}" if (found := error.found.split("\n", 1)[0].strip()) else error.message


def not_computed(problem: tuple[str, str]) -> str:
    """What is said of a measure that was left out."""
    return f"指标 {problem[0]} 未计算 not computed: {problem[1]}"


def lacking(platforms: int) -> list[str]:
    """What the project in use does not have yet and figures would rest on."""
    notes = []
    if not platforms:
        notes.append("项目还没有平台 the project has no platform yet: sources/LINE/PLATFORM.yml (docs/onboarding.md)")
    if not regions():
        notes.append("没有区划表，社区代码未作核对 no regions, so codes of communities were not judged: "
                     "liandao regions import FILE")  # fmt: skip
    return notes


def read_figures(con: Any) -> dict[str, Figure]:
    """The province's figures by measure id."""
    rows = con.execute(
        "SELECT measure_id, value, numerator, denominator, lower, upper, rule_version, note"
        " FROM warehouse.mart_figure WHERE grain = 'province' ORDER BY measure_id"
    ).fetchall()
    return {r[0]: Figure(*r) for r in rows}
