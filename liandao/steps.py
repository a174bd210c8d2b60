"""The steps of the flow: the only place where the rooms meet.

Each step is one function that takes settings and ids and returns a receipt (never rows). A test, the command line and
an Airflow task call the same function and get the same warehouse.

    ingest_platform  extract -> land -> conform, one platform: the unit of retry, log and blame
    gate_line        table-level suites, one line of business
    load             waiting batches into a new generation
    match            persons, matters, and the masked facts that carry them
    measure          every declared measure
    publish          audit, then switch readers to the new generation
    report           pages from what was published
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING

from connectors.extract import extract
from connectors.registry import BrokenFile, load_platform, load_registry
from liandao import __version__
from liandao.attempts import Attempt, read_attempts, record_failure, record_success
from liandao.batches import (
    Positions,
    gates_to_keep,
    read_positions,
    stopped_batches,
    sweep_unfinished,
    waiting_batches,
)
from liandao.home import load_key, new_id
from liandao.home_file import claim_home
from liandao.logs import event, open_log
from liandao.project_file import load_deployment, read_project
from liandao.settings import Settings
from schemas import project
from schemas.decisions import KINDS
from schemas.errors import LiandaoError, Unbalanced
from schemas.platform_file import Deployment, Platform
from schemas.project_file import Survey
from schemas.receipts import Conformed, Gated, Landed, Receipt

if TYPE_CHECKING:
    from warehouse.audit import Imbalance

SURVEY_SETTINGS = {f"survey_{name}": "" for name in Survey.model_fields}
"""What no survey says is empty: a survey that the project names no more is forgotten."""
_CONFORMING = Lock()
"""Conform has one engine a process; platforms are read side by side, conformed one after another."""


@dataclass(frozen=True, slots=True)
class Ingested(Receipt):
    """One platform read and conformed: rows by fate, over all its streams."""

    platform_id: str
    line_id: str
    batch_id: str
    extracted: int
    landed: int
    accepted: int
    quarantined: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Built(Receipt):
    """A generation under construction after a step. ``counts``: what the step is proud of."""

    run_id: str
    step: str
    seconds: float
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Ground:
    """What ingesting stands on, read once for many platforms: what exists, where it is, how far it has been read.
    ``broken``: platforms that can't be read because a file of theirs is not right."""

    platforms: dict[str, Platform]
    deployment: Deployment
    positions: Positions
    broken: dict[str, BrokenFile] = field(default_factory=dict)


def open_home(settings: Settings) -> Deployment:
    """Take the project into use and the home into possession: what every step begins with. Makes the home's key, which
    hashes in cursors need.

    Raises ConfigurationError without a project, and when the home is another project's or of another format.
    """
    project.use(settings.project)
    deployment = load_deployment(settings.project, settings.home)
    assert settings.project is not None  # noqa: S101 - load_deployment raises without one
    claim_home(settings.home, settings.project, read_project(settings.project).name, __version__)
    open_log(settings.home)
    load_key(settings.home)
    return deployment


def read_ground(settings: Settings) -> Ground:
    """The ground of every platform."""
    deployment, registry = open_home(settings), load_registry()
    return Ground(registry.platforms, deployment, read_positions(settings.home), registry.broken)


def read_ground_of(settings: Settings, platform_id: str) -> Ground:
    """The ground of one platform: a task that ingests one need not verify the files of all others."""
    deployment = open_home(settings)
    platform = load_platform(platform_id)
    positions = read_positions(settings.home, platform.line_id, platform_id)
    return Ground({platform_id: platform}, deployment, positions)


def ingest_platform(settings: Settings, platform_id: str, ground: Ground | None = None) -> Ingested:
    """Extract, land and conform what is new on one platform.

    Raises a LiandaoError when the platform can't be read; the failure is written down, so that the next publish marks
    the platform stale. Safe to repeat: an unfinished batch of an earlier try is swept away first.
    """
    home = settings.home
    project.use(settings.project)
    open_log(home)
    try:
        return _ingest(home, platform_id, ground or read_ground_of(settings, platform_id))
    except LiandaoError as error:
        raise _write_down(home, platform_id, error) from error.__cause__
    except Exception as error:  # a platform's failure is its own, even when the fault is ours
        ours = LiandaoError(
            f"{type(error).__name__} while ingesting", where=platform_id, next_step="liandao check " + platform_id
        )
        raise _write_down(home, platform_id, ours) from error


def fail_broken(settings: Settings, line_id: str, ground: Ground) -> dict[str, LiandaoError]:
    """Platforms of a line whose file is not right, with the error: that is their failure and nobody else's, and it is
    written down like any other."""
    open_log(settings.home)
    broken = {name: file.error for name, file in ground.broken.items() if file.line_id == line_id}
    return {name: _write_down(settings.home, name, error) for name, error in broken.items()}


def _write_down(home: Path, platform_id: str, error: LiandaoError) -> LiandaoError:
    record_failure(home, platform_id, error)
    event("platform failed", platform_id=platform_id, error_code=error.code)
    return error


def _ingest(home: Path, platform_id: str, ground: Ground) -> Ingested:
    from transforms.conform.platform import conform_platform

    platform = ground.platforms[platform_id]
    sweep_unfinished(home, platform_id, ground.positions.judged)
    cursors, landed_before = ground.positions.of(platform_id)
    landed = extract(platform, ground.deployment, home, new_id("b"), cursors, landed_before)
    with _CONFORMING:
        conformed = conform_platform(platform, landed, home)
    record_success(home, platform_id, landed.batch_id)
    receipt = _ingested(landed, conformed)
    counts = {"extracted": receipt.extracted, "accepted": receipt.accepted, "quarantined": receipt.quarantined}
    event("platform ingested", platform_id=platform_id, batch_id=landed.batch_id, dropped=receipt.dropped, **counts)
    return receipt


def _ingested(landed: Landed, conformed: Conformed) -> Ingested:
    return Ingested(
        landed.platform_id,
        landed.line_id,
        landed.batch_id,
        extracted=sum(s.extracted for s in landed.streams),
        landed=sum(s.landed for s in landed.streams),
        accepted=sum(s.accepted for s in conformed.streams),
        quarantined=sum(sum(s.quarantined.values()) for s in conformed.streams),
        dropped=sum(sum(s.dropped.values()) for s in conformed.streams),
    )


def gate_line(settings: Settings, line_id: str, batch_ids: list[str]) -> Gated:
    """Judge the accepted rows of a line's new batches; a failed stop rule keeps these batches out of the warehouse."""
    from transforms.quality.gate import gate_line as judge

    home = settings.home
    project.use(settings.project)
    open_log(home)
    receipts = sorted((home / "conformed").glob("*/*/conformed.json"))
    conformed = [Conformed.read(p) for p in receipts if p.parent.name in set(batch_ids)]
    try:
        gated = judge(line_id, conformed, home, new_id("q"))
    except Exception as error:
        message = f"{type(error).__name__} while judging the line"
        raise LiandaoError(message, where=line_id, next_step="liandao run") from error
    event("line judged", line_id=line_id, failed_checks=len(gated.failed_stop) + len(gated.failed_warn))
    return gated


def load(settings: Settings, run_id: str) -> Built:
    """Start a generation: reference data, waiting batches, quality results, freshness of each platform."""
    from warehouse.build import open_build
    from warehouse.load import load_batches, load_gates
    from warehouse.reference import load_reference
    from warehouse.state import published_batches, set_platform_states

    home, started = settings.home, perf_counter()
    deployment = open_home(settings)
    registry = load_registry()
    waiting = waiting_batches(home)
    with open_build(home, run_id) as build:
        load_reference(build, registry.lines, registry.platforms, deployment, kept=set(registry.broken))
        loaded = load_batches(build, [(w.landed, w.conformed) for w in waiting])
        load_gates(build, gates_to_keep(home))
        for name, file in registry.broken.items():  # whoever ran the platforms may not have known of it
            record_failure(home, name, file.error)
        known = {w.landed.batch_id for w in waiting} | published_batches(home) | stopped_batches(home)
        set_platform_states(build, [asdict(a) for a in settled_attempts(home, known)])
    return _built(run_id, "load", started, {"batches": len(waiting), **loaded.counts})


def read_survey(settings: Settings) -> Survey:
    """What the project says of a survey of its own."""
    return read_project(settings.project).survey if settings.project else Survey()


def settled_attempts(home: Path, known: set[str]) -> list[Attempt]:
    """The last attempts whose outcome is certain: failed, or with a batch of ``known`` (loaded, or stopped by a gate).

    What was read while this step ran, or waits for its gate, says nothing yet: the platform keeps the state it had.
    """
    return [a for a in read_attempts(home).values() if not a.ok or a.batch_id in known]


def match(settings: Settings, run_id: str) -> Built:
    """Find persons and matters as far as people have not decided, write what became of every id, then make the masked
    facts that carry them.

    Of persons only what changed since the published generation is compared; all of them, where its register can't be
    carried on (``matched_in_full`` is 1). Matching a build again begins with the published register again.
    """
    from liandao import deciding
    from transforms.match.matters import match_matters, match_tickets
    from transforms.match.nights.nightly import FULL, MATCHED, Previous, match_persons_nightly
    from transforms.match.register.store import copy_register
    from warehouse import places
    from warehouse.build import reopen_build
    from warehouse.facts import build_facts
    from warehouse.history import write_history
    from warehouse.links import (
        cases_to_match,
        previous_links,
        records_to_match,
        register_before,
        tickets_to_match,
        write_matters,
        write_persons,
        write_tickets,
    )

    started, key = perf_counter(), load_key(settings.home)
    project.use(settings.project)
    with reopen_build(settings.home, run_id) as build:
        records = records_to_match(build)
        ruled = deciding.rule(build, records)
        previous = Previous(*(previous_links(build, n) for n in ("link_person", "link_person_pair", "dim_person")))
        register = places.register_folder(build.folder)
        copy_register(register_before(build), register)
        persons = match_persons_nightly(register, records, previous, key, ruled.persons, ruled.past("person"))
        write_persons(build, persons.links, persons.pairs, persons.review, persons.persons)
        matters = match_matters(
            cases_to_match(build), previous_links(build, "link_matter"), key, ruled.matters, ruled.past("matter")
        )
        write_matters(build, matters.links, matters.pairs, matters.review)
        tickets = match_tickets(tickets_to_match(build), previous_links(build, "link_ticket"), key)
        write_tickets(build, tickets.links, tickets.pairs)
        events = {f"{kind}s_{code}": n for kind in KINDS for code, n in write_history(build, kind).items()}
        build_facts(build, key)
    full = {"matched_in_full": int(persons.model[MATCHED] == FULL)}
    found = {"persons": persons.persons.num_rows, "pairs": persons.pairs.num_rows, "review": persons.review.num_rows}
    cases = {
        "cases": matters.links.num_rows,
        "case_pairs": matters.pairs.num_rows,
        "case_review": matters.review.num_rows,
    }
    return _built(run_id, "match", started, {**full, **found, **cases, **events})


def measure(settings: Settings, run_id: str) -> Built:
    """Compute every declared measure on the masked facts of the generation."""
    from transforms.measure.run import measure as run_measures
    from transforms.measure.verify import verify_own_measures
    from warehouse.build import reopen_build
    from warehouse.state import write_settings

    started, deployment = perf_counter(), open_home(settings)
    verify_own_measures()
    window = {name: getattr(deployment, name).isoformat() for name in ("window_start", "window_end")}
    with reopen_build(settings.home, run_id, sealed=True) as build:
        survey = read_survey(settings)
        told = {f"survey_{name}": str(number) for name, number in survey.model_dump(exclude_none=True).items()}
        write_settings(build, SURVEY_SETTINGS | window | {"scope_communities": str(len(deployment.scope))} | told)
        overrides = {"M03": {"survey_high": survey.high_use}}
        measures = run_measures(build.con, deployment.window_start, deployment.window_end, overrides)
    return _built(run_id, "measure", started, {"measures": len(measures)})


def publish(settings: Settings, run_id: str) -> Built:
    """Audit the generation with code that shares nothing with the loader, then switch readers to it.

    Raises Unbalanced (exit code 4) when a row was lost, made up or changed; readers keep the generation they have.
    """
    from warehouse.audit import audit
    from warehouse.build import reopen_build
    from warehouse.publish import publish as switch

    started = perf_counter()
    project.use(settings.project)
    with reopen_build(settings.home, run_id) as build:
        findings = audit(settings.home, build)
        if findings:
            raise _unbalanced(findings)
        published = switch(build, warehouse_url=settings.warehouse_url)
    event("published", run_id=run_id, generation=published.generation)
    return _built(run_id, "publish", started, {"generation": published.generation})


def _unbalanced(findings: Sequence[Imbalance]) -> Unbalanced:
    first = findings[0]
    return Unbalanced(
        f"{len(findings)} finding(s); nothing was published",
        where=" ".join(filter(None, (first.platform_id, first.stream, first.batch, f"({first.law})"))),
        expected=first.expected,
        found=first.found,
        next_step="liandao balance --json (what is published); put the landed files back as they were, then run again",
    )


def report(settings: Settings, run_id: str) -> Built:
    """Write pages and workbooks from what is published."""
    from reports.build import build_reports
    from warehouse import reader

    started = perf_counter()
    project.use(settings.project)
    with reader.connect(settings.home) as con:
        pages = build_reports(con, settings.home / "reports")
    return _built(run_id, "report", started, {"pages": pages})


def _built(run_id: str, step: str, started: float, counts: dict[str, int]) -> Built:
    seconds = round(perf_counter() - started, 3)
    event(step, run_id=run_id, step=step, seconds=seconds)
    return Built(run_id, step, seconds, counts)
