"""What ``liandao check`` says besides a platform's answers: every file of the project, and proposed expectations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.checking import FileCheck, check_files, streams_without_floor
from connectors.registry import load_registry
from schemas.errors import ConfigurationError
from schemas.platform_file import Platform
from schemas.project import current

if TYPE_CHECKING:  # reading a source needs Arrow, checking files does not
    from connectors.propose import Proposal, Span

PERIODS_ZH = {"week": "整周", "month": "整月", "year": "整年"}


@dataclass(frozen=True, slots=True)
class ProjectCheck:
    """Every file that people write about platforms, and the streams in use that have no floor."""

    files: list[FileCheck]
    without_floor: list[str]

    @property
    def errors(self) -> list[ConfigurationError]:
        """What is wrong, a file each."""
        return [file.error for file in self.files if file.error is not None]

    def to_dict(self, root: Path) -> dict[str, Any]:
        """Ready for JSON; paths relative to the project."""
        files = [(str(f.path.relative_to(root)), f.error) for f in self.files]
        listed = [{"file": f, "ok": e is None, "error": e.lines() if e else None} for f, e in files]
        return {"files": listed, "without_floor": self.without_floor}


def check_project(today: date) -> ProjectCheck:
    """Check every file of the project in use; raises ConfigurationError when there is none."""
    registry, project = load_registry(), current()
    files = check_files(project) if project else []
    return ProjectCheck(files, streams_without_floor(registry.platforms.values(), today))


def proposal_to_dict(proposal: Proposal) -> dict[str, Any]:
    """One stream's proposal, ready for JSON."""
    return {
        "stream": proposal.stream,
        "rows": proposal.rows,
        "expect": proposal.expect.model_dump() if proposal.expect else None,
        "basis": how(proposal),
        "error": proposal.error.lines() if proposal.error else None,
    }


def expect_text(platform: Platform, proposals: list[Proposal]) -> str:
    """The proposals as YAML to be pasted into the platform's file, with how each was found."""
    file = f"sources/{platform.line_id}/{platform.platform_id}.yml"
    head = [f"# {file}: liandao check --expect {platform.platform_id}", "streams:"]
    return "\n".join([*head, *(line for p in proposals for line in _lines(p)), ""])


def _lines(proposal: Proposal) -> list[str]:
    lines = [f"  {proposal.stream}:", f"    # {how(proposal)}"]
    if proposal.expect is None:
        return lines
    return [*lines, "    expect:", f"      floor: {proposal.expect.floor}", f"      ceiling: {proposal.expect.ceiling}"]


def how(proposal: Proposal) -> str:
    """How a proposal was found, in both languages."""
    if proposal.error is not None:
        return f"未读到 not read: {proposal.error.message}"
    if proposal.rows == 0:
        return "没有行，无从提出 no rows, so there is nothing to go by"
    rows = f"全量 {proposal.rows:,} 行 rows in full"
    return f"{rows}; {_of_span(proposal.span) if proposal.span else '下限为其一半 the floor is half of that'}"


def _of_span(span: Span) -> str:
    periods = f"近 {span.count} 个{PERIODS_ZH[span.period]} {span.least:,}-{span.most:,} 行"
    return f"{periods} in {span.count} whole {span.period}s; floor = least / 2, ceiling = most * 4"
