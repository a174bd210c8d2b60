"""OpenLineage: where the columns of the warehouse come from, and which run read and made them.

Events are written when a run has ended, from what it told (:mod:`liandao.observe.events`): a START with the time at
which it began, and a COMPLETE or FAIL. One job is the reading of one platform (``ingest.PLATFORM``), one what sees all
lines (``unify``). A night in which nothing came and nothing failed moved no data, and says nothing.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter

from connectors.landing import RECEIPT, batch_folder
from connectors.registry import load_registry
from liandao.batches import conformed_receipt
from liandao.home import now
from liandao.observe.events import LONGEST_RUN, EventDict, append, read_events, run_error, tell
from liandao.observe.lineage import facets
from liandao.observe.lineage.datasets import core_dataset, core_inputs, fact_outputs, source_dataset
from liandao.observe.lineage.facets import Json
from liandao.project_file import read_deployment_file, read_project
from liandao.settings import Settings
from schemas import project
from schemas.errors import DamagedFile, LiandaoError, MessageNotSent
from schemas.events import LineageFailed
from schemas.platform_file import Platform
from schemas.project_file import Lineage
from schemas.receipts import Conformed, Landed
from schemas.streams import fact_sources
from warehouse import reader

FOLDER = "lineage"
UNIFY = "unify"
DEADLINE_SECONDS = 20.0
"""For all events of a run together, where a server is named."""


def write_lineage(settings: Settings, run_id: str | None) -> int:
    """Write a run's events to ``lineage/YYYY-MM.jsonl`` of the home, and send them where the deployment says; returns
    how many there were. A server that fails is told as an event and is not tried again. Raises OSError."""
    project.use(settings.project)
    told = lineage_of(settings, run_id)
    if told:
        lines = b"".join(json.dumps(event, ensure_ascii=False).encode() + b"\n" for event in told)
        append(settings.home / FOLDER / f"{now():%Y-%m}.jsonl", lines)
        _send(settings, told)
    return len(told)


def lineage_of(settings: Settings, run_id: str | None) -> list[Json]:
    """The OpenLineage events of a run, oldest first within each job."""
    own = _of_run(read_events(settings.home, now() - LONGEST_RUN), run_id)
    moved = [e for e in own if e["kind"] == "platform.failed" or (e["kind"] == "platform.read" and e["batch_id"])]
    begun = next((e["at"] for e in own if e.get("run_id") == run_id), None)
    if run_id is None or begun is None or not (moved or run_error(own, run_id)):
        return []
    namespace = _namespace(settings)
    platforms = load_registry().platforms
    events = [*_unify(settings.home, namespace, own, run_id, begun)]
    for event in moved:
        if (platform := platforms.get(event["platform_id"])) is not None:
            events += _ingest(settings.home, namespace, platform, event, run_id)
    return events


def _of_run(told: list[EventDict], run_id: str | None) -> list[EventDict]:
    """What was told from the end of the run before to that of this one: who reads lines for it may begin earlier."""
    own = [i for i, e in enumerate(told) if e.get("run_id") == run_id]
    if not own:
        return []
    before = [i for i, e in enumerate(told[: own[0]]) if e["kind"] == "run.ended"]
    return told[before[-1] + 1 if before else 0 : own[-1] + 1]


def _namespace(settings: Settings) -> str:
    return f"liandao://{read_project(settings.project).name}" if settings.project else "liandao://"


def _ingest(home: Path, namespace: str, platform: Platform, event: EventDict, run_id: str) -> Iterator[Json]:
    """The reading of one platform. ``event``: how it ended."""
    about = {
        "run": {"runId": _uuid(event["id"]), "facets": facets.parent(_uuid(run_id), namespace, UNIFY)},
        "job": {"namespace": namespace, "name": f"ingest.{platform.platform_id}"},
    }
    yield _run_event("START", event["at"] - timedelta(seconds=event["seconds"] or 0), about)
    if event["kind"] == "platform.failed":
        yield _run_event("FAIL", event["at"], _failing(about, event["error_code"]))
        return
    inputs, outputs = _read(home, namespace, platform, event["batch_id"])
    yield _run_event("COMPLETE", event["at"], about | {"inputs": inputs, "outputs": outputs})


def _read(home: Path, namespace: str, platform: Platform, batch_id: str) -> tuple[list[Json], list[Json]]:
    """What a batch was read from and went to, as its receipts say; nothing where they are gone."""
    try:
        landed = Landed.read(batch_folder(home, platform.platform_id, batch_id) / RECEIPT)
        conformed = {s.stream: s for s in Conformed.read(conformed_receipt(home, landed)).streams}
    except (FileNotFoundError, DamagedFile):
        return [], []
    known = [(s, conformed[s.stream]) for s in landed.streams if s.stream in platform.file.streams]
    inputs = [source_dataset(namespace, platform, *pair) for pair in known]
    return inputs, [core_dataset(namespace, platform, *pair) for pair in known]


def _unify(home: Path, namespace: str, told: list[EventDict], run_id: str, begun: datetime) -> Iterator[Json]:
    """What sees all lines, from the run's beginning to its end."""
    about = {"run": {"runId": _uuid(run_id), "facets": {}}, "job": {"namespace": namespace, "name": UNIFY}}
    yield _run_event("START", begun, about)
    ended = max(e["at"] for e in told if e.get("run_id") == run_id)
    if error_code := run_error(told, run_id):
        yield _run_event("FAIL", ended, _failing(about, error_code))
        return
    outputs = fact_outputs(namespace, _rows_of_facts(home))
    yield _run_event("COMPLETE", ended, about | {"inputs": core_inputs(namespace), "outputs": outputs})


def _rows_of_facts(home: Path) -> dict[str, int]:
    if not reader.is_published(home):
        return {}
    counts = {}
    with reader.connect(home) as con:
        for name in (source.fact.name for source in fact_sources()):
            row = con.execute(f"SELECT count(*) FROM warehouse.{name}").fetchone()  # noqa: S608 - a declared name
            counts[name] = int(row[0]) if row else 0
    return counts


def _failing(about: Json, error_code: str) -> Json:
    run = about["run"]
    return about | {"run": run | {"facets": run["facets"] | facets.error(error_code)}}


def _run_event(kind: str, at: datetime, about: Json) -> Json:
    head = {"eventType": kind, "eventTime": at.isoformat(), "producer": facets.PRODUCER, "schemaURL": facets.RUN_EVENT}
    return head | {"inputs": [], "outputs": []} | about


def _uuid(name: str) -> str:
    """The same for the same run, whoever asks."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"liandao:{name}"))


def _send(settings: Settings, events: list[Json]) -> None:
    own = read_project(settings.project).lineage if settings.project else None
    machine = read_deployment_file(settings.home).lineage
    place = machine if machine.address else own
    if place is None or place.address is None:
        return
    started, outcome = perf_counter(), [MessageNotSent.code]
    sending = threading.Thread(target=_send_all, args=(settings, place, events, outcome), daemon=True)
    sending.start()
    sending.join(DEADLINE_SECONDS)  # one that hangs is left behind, and ends with the process
    if outcome:
        tell(settings.home, LineageFailed, error_code=outcome[0], seconds=round(perf_counter() - started, 3))


def _send_all(settings: Settings, place: Lineage, events: list[Json], outcome: list[str]) -> None:
    """Send events one by one; ``outcome`` is emptied when the server has taken them all, or holds the error's code."""
    from liandao.observe.post import address_of, post, read_secrets  # httpx, where a server is named

    try:
        secrets = read_secrets(settings)
        address = address_of(place.address or "", secrets)
        headers = {"Authorization": f"Bearer {secrets(place.token).reveal()}"} if place.token else {}
        for event in events:
            post(address, event, FOLDER, headers)
        outcome.clear()
    except LiandaoError as error:
        outcome[0] = error.code
