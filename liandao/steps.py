"""The steps of the flow that need all lines at once; those of one line are in :mod:`liandao.ingest`.

Each step is one function that takes settings and ids and returns a receipt (never rows). A test, the command line and
an Airflow task call the same function and get the same warehouse.

    load             waiting batches into a new generation
    match            persons, matters, and the masked facts that carry them
    measure          every declared measure
    publish          audit, then switch readers to the new generation
    report           pages from what was published
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from connectors.registry import load_registry
from liandao.attempts import Attempt, read_attempts, record_failure
from liandao.batches import gates_to_keep, stopped_batches, waiting_batches
from liandao.home import fingerprint, load_key
from liandao.logs import event
from liandao.observe.events import tell
from liandao.observe.history import keep_steps
from liandao.observe.telling import telling_step
from liandao.opening import KEY_SETTING, open_home
from liandao.project_file import read_project
from liandao.settings import Settings
from liandao.upkeep.prune import clear_loaded, rules_of
from liandao.upkeep.trail import begin_receipt, keep_receipt, note_decisions
from schemas import project
from schemas.decisions import KINDS
from schemas.errors import Unbalanced
from schemas.events import GenerationPublished
from schemas.measure_file import project_measure_ids
from schemas.project_file import Survey
from schemas.receipts import Built, Conformed, Gated, Landed
from schemas.refusals import refusals

if TYPE_CHECKING:
    from warehouse.audit import Imbalance

SURVEY_SETTINGS = {f"survey_{name}": "" for name in Survey.model_fields}
"""What no survey says is empty: a survey that the project names no more is forgotten."""


@telling_step
@refusals()
def load(settings: Settings, run_id: str) -> Built:
    """Start a generation: reference data, waiting batches, quality results, freshness of each platform."""
    from warehouse.state import published_batches

    home, started = settings.home, perf_counter()
    open_home(settings)
    keep_receipt(home)  # of a run that was cut off when it had just published
    waiting = [(w.landed, w.conformed) for w in waiting_batches(home)]
    for name, file in load_registry().broken.items():  # whoever ran the platforms may not have known of it
        record_failure(home, name, file.error)
    known = {landed.batch_id for landed, _ in waiting} | published_batches(home) | stopped_batches(home)
    counts = load_input(settings, run_id, Input(waiting, gates_to_keep(home), settled_attempts(home, known)))
    return _built(run_id, "load", started, {"batches": len(waiting), **counts})


@dataclass(frozen=True, slots=True)
class Input:
    """What a generation is made from: batches to load, gates whose results it takes up, attempts whose outcome is
    certain. ``started_at``: when it is made, by default now; ``generation``: its number, by default the next one."""

    batches: Sequence[tuple[Landed, Conformed]]
    gates: Sequence[Gated]
    attempts: Sequence[Attempt]
    started_at: datetime | None = None
    generation: int | None = None


def load_input(settings: Settings, run_id: str, what: Input) -> dict[str, int]:
    """Start a generation from an input, and write down what it is made from; returns accepted rows by verdict, and
    streams."""
    from warehouse.build import open_build
    from warehouse.load import load_batches, load_gates
    from warehouse.reference import load_reference
    from warehouse.state import set_platform_states, write_settings

    home, registry = settings.home, load_registry()
    with open_build(home, run_id, started_at=what.started_at, generation=what.generation) as build:
        deployment = open_home(settings, build.started_at.date())
        write_settings(build, {KEY_SETTING: fingerprint(load_key(home))})
        load_reference(build, registry.lines, registry.platforms, deployment, kept=set(registry.broken))
        loaded = load_batches(build, what.batches)
        load_gates(build, what.gates)
        set_platform_states(build, [asdict(a) for a in what.attempts])
        assert settings.project is not None  # noqa: S101 - open_home raises without one
        begin_receipt(build, settings.project, what.batches, what.gates, what.attempts)
        keep_steps(build)
    return loaded.counts


def read_survey(settings: Settings) -> Survey:
    """What the project says of a survey of its own."""
    return read_project(settings.project).survey if settings.project else Survey()


def settled_attempts(home: Path, known: set[str]) -> list[Attempt]:
    """The last attempts whose outcome is certain: failed, with nothing new, or with a batch of ``known`` (loaded, or
    stopped by a gate).

    What was read while this step ran, or waits for its gate, says nothing yet: the platform keeps the state it had.
    """
    return [a for a in read_attempts(home).values() if not a.ok or a.batch_id is None or a.batch_id in known]


@telling_step
@refusals()
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
        let_decisions_wait,
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
        note_decisions(build, ruled.entries)
        previous = Previous(*(previous_links(build, n) for n in ("link_person", "link_person_pair", "dim_person")))
        register = places.register_folder(build.folder)
        copy_register(register_before(build), register)
        persons = match_persons_nightly(register, records, previous, key, ruled.persons, ruled.past("person"))
        write_persons(build, persons.links, persons.pairs, persons.review, persons.persons)
        waiting = let_decisions_wait(build)
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
    return _built(run_id, "match", started, {**full, **found, "waiting": waiting, **cases, **events})


@telling_step
@refusals()
def measure(settings: Settings, run_id: str) -> Built:
    """Compute every declared measure on the masked facts of the generation."""
    from transforms.measure.run import measure as run_measures
    from transforms.measure.verify import verify_own_measures
    from warehouse.build import reopen_build
    from warehouse.state import write_settings

    started = perf_counter()
    project.use(settings.project)
    verify_own_measures()
    with reopen_build(settings.home, run_id, sealed=True) as build:
        deployment = open_home(settings, build.started_at.date())  # midnight may have passed since
        window = {name: getattr(deployment, name).isoformat() for name in ("window_start", "window_end")}
        survey = read_survey(settings)
        told = {f"survey_{name}": str(number) for name, number in survey.model_dump(exclude_none=True).items()}
        write_settings(build, SURVEY_SETTINGS | window | {"scope_communities": str(len(deployment.scope))} | told)
        overrides = {"M03": {"survey_high": survey.high_use}}
        days = deployment.window_start, deployment.window_end
        # The bureau's own mistake costs the bureau's own figure, never the night.
        measured = run_measures(build.con, *days, overrides, optional=project_measure_ids())
    problems = {name: f"{e.message}: {e.found}" for name, e in measured.failed.items()}
    return _built(run_id, "measure", started, {"measures": len(measured.ids)}, problems)


@telling_step
@refusals()
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
        keep = rules_of(settings)["generations"]
        published = switch(build, warehouse_url=settings.warehouse_url, keep=keep)
    keep_receipt(settings.home, published.tables)
    clear_loaded(settings.home)
    event("published", run_id=run_id, generation=published.generation)
    about = {"generation": published.generation, "previous": published.generation - 1 or None}
    tell(settings.home, GenerationPublished, run_id=run_id, checksum=published.checksum, **about)
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


@telling_step
@refusals()
def report(settings: Settings, run_id: str) -> Built:
    """Write pages and workbooks from what is published."""
    from reports.build import build_reports
    from warehouse import reader

    started = perf_counter()
    project.use(settings.project)
    with reader.connect(settings.home) as con:
        pages = build_reports(con, settings.home / "reports")
    return _built(run_id, "report", started, {"pages": pages})


def _built(
    run_id: str, step: str, started: float, counts: dict[str, int], problems: dict[str, str] | None = None
) -> Built:
    seconds = round(perf_counter() - started, 3)
    event(step, run_id=run_id, step=step, seconds=seconds)
    return Built(run_id, step, seconds, counts, problems or {})
