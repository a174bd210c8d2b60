"""What ``liandao check`` says besides a platform's answers: every file of the project, and proposed bounds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.checking import FileCheck as Checked
from connectors.checking import check_files, streams_without_floor
from connectors.registry import load_registry
from liandao.answers.plain import BoundsProposed, FileCheck, ProjectCheck, StreamBounds
from liandao.check_definitions import check_definitions
from liandao.home import now
from liandao.project_file import read_deployment_file, read_project
from schemas.errors import ConfigurationError
from schemas.expect import Bound
from schemas.platform_file import Platform
from schemas.project import Project, current

if TYPE_CHECKING:  # reading a source needs Arrow, checking files does not
    from connectors.propose import Proposal, Span

PERIODS_ZH = {"week": "整周", "month": "整月", "year": "整年"}


def today() -> date:
    """This day in Beijing."""
    return now().date()


def without_floor(platforms: Iterable[Platform]) -> list[str]:
    """``platform.stream`` of every stream in use today that has no floor."""
    return streams_without_floor(platforms, today())


def check_project(home: Path) -> tuple[ProjectCheck, list[ConfigurationError]]:
    """Check every file of the project in use and ``deployment.yml`` of its home, and what is wrong, a file each.

    Raises ConfigurationError when there is no project.
    """
    project = current()
    if project is None:
        load_registry()  # says what to do without a project
        return ProjectCheck([], [], []), []
    checks, root = check_definitions(project, home), project.root
    if any(c.error and c.path.parent in (project.tables, project.rules, project.reference) for c in checks):
        platforms = []  # what platform files rest on is wrong: each of them would say so once more
    else:
        checks += check_files(project)
        platforms = list(load_registry().platforms.values())
    files = [_to_file_check(check, root) for check in checks]
    errors = [c.error for c in checks if c.error is not None]
    nowhere = [] if errors else _without_address(project, home, platforms)
    return ProjectCheck(files, without_floor(platforms), nowhere), errors


def _to_file_check(check: Checked, root: Path) -> FileCheck:
    path = check.path.relative_to(root) if check.path.is_relative_to(root) else check.path
    return FileCheck(str(path), check.error is None, check.error.lines() if check.error else None)


def _without_address(project: Project, home: Path, platforms: Iterable[Platform]) -> list[str]:
    addresses = read_project(project.root).endpoints | read_deployment_file(home).endpoints
    return [p.platform_id for p in platforms if p.file.access.endpoint not in addresses]


def proposed_bounds(platform: Platform, proposals: Sequence[Proposal]) -> BoundsProposed:
    """What was proposed for each stream, and how it was found."""
    streams = [_stream(p) for p in proposals]
    return BoundsProposed(platform.platform_id, platform.line_id, streams)


def bounds_text(proposed: BoundsProposed) -> str:
    """The proposals as YAML to be pasted into the platform's file."""
    file = f"sources/{proposed.line_id}/{proposed.platform_id}.yml"
    head = [f"# {file}: liandao check --expect {proposed.platform_id}", "streams:"]
    return "\n".join([*head, *(line for stream in proposed.streams for line in _lines(stream)), ""])


def _stream(proposal: Proposal) -> StreamBounds:
    floor, ceiling = (proposal.expect.floor, proposal.expect.ceiling) if proposal.expect else (None, None)
    error = proposal.error.lines() if proposal.error else None
    return StreamBounds(proposal.stream, proposal.rows, _text(floor), _text(ceiling), _how(proposal), error)


def _text(bound: Bound | None) -> str | None:
    return None if bound is None else str(bound)


def _lines(stream: StreamBounds) -> list[str]:
    lines = [f"  {stream.stream}:", f"    # {stream.basis}"]
    if stream.floor is None:
        return lines
    return [*lines, "    expect:", f"      floor: {stream.floor}", f"      ceiling: {stream.ceiling}"]


def _how(proposal: Proposal) -> str:
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
