"""A file of metrics in Prometheus's text format, for the textfile collector of node_exporter, anew after each run.

It says how a deployment is, of platforms and steps; figures of the province are in the warehouse. Replaced by a rename,
so that a collector reads one whole file.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from liandao.attempts import read_attempts
from liandao.batches import unpublished
from liandao.home import now
from liandao.observe.disk import disk_by_room, free_bytes
from liandao.observe.events import LONGEST_RUN, EventDict, read_events
from liandao.settings import Settings
from warehouse import places, reader

PATH = Path("metrics") / "liandao.prom"
PLATFORMS = """
SELECT platform_id, is_stale, last_success_at, landed_rows, refused_rows
FROM warehouse.ctl_platform_state
LEFT JOIN (
    SELECT platform_id, sum(landed_rows)::BIGINT AS landed_rows,
        sum(quarantined_rows + dropped_rows)::BIGINT AS refused_rows
    FROM warehouse.ctl_batch GROUP BY platform_id
) USING (platform_id)
ORDER BY platform_id
"""
MADE = "SELECT ended_at FROM warehouse.ctl_run ORDER BY generation DESC LIMIT 1"
ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})

Sample = tuple[dict[str, str], float]
"""Labels and value."""


@dataclass(frozen=True, slots=True)
class Family:
    """One metric: its name without ``liandao_``, ``gauge`` or ``counter``, what it is, and its samples."""

    name: str
    kind: str
    help: str
    samples: list[Sample]

    def lines(self) -> Iterator[str]:
        """The family as the file has it; nothing of one without samples."""
        if self.samples:
            yield f"# HELP liandao_{self.name} {self.help}"
            yield f"# TYPE liandao_{self.name} {self.kind}"
            yield from (f"liandao_{self.name}{_labels(labels)} {value:.17g}" for labels, value in self.samples)


def write_metrics(settings: Settings, out: Path | None = None) -> Path:
    """Write the file, into the home unless told where; returns where it is. Raises OSError."""
    path = out or settings.home / PATH
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")  # no collector reads what does not end in .prom
    temporary.write_text(metrics_text(settings), encoding="utf-8")
    temporary.replace(path)
    return path


def metrics_text(settings: Settings) -> str:
    """The whole text. Raises LiandaoError where the published generation can't be read."""
    home = settings.home
    families = [*_attempts(home), *_published(home), *_last_run(home), *_batches(home), *_disk(home)]
    return "\n".join(line for family in families for line in family.lines()) + "\n"


def _labels(labels: dict[str, str]) -> str:
    inside = ",".join(f'{name}="{value.translate(ESCAPES)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""


def _attempts(home: Path) -> Iterator[Family]:
    attempts = [({"platform": a.platform_id}, a) for a in read_attempts(home).values()]
    yield Family(
        "platform_attempt_timestamp_seconds",
        "gauge",
        "Last attempt to read the platform, whatever became of it.",
        [(label, datetime.fromisoformat(a.at).timestamp()) for label, a in attempts],
    )
    yield Family(
        "platform_error",
        "gauge",
        "1 for the error that the last attempt failed with.",
        [(label | {"code": a.error_code or ""}, 1.0) for label, a in attempts if not a.ok],
    )


def _published(home: Path) -> Iterator[Family]:
    generation = places.current_generation(home)
    if generation is None:
        return
    with reader.connect_generation(home, generation) as con:
        table = con.execute(PLATFORMS).to_arrow_table().to_pylist()
        _, made = reader.fetch(con, MADE, 1)
    yield Family("generation", "gauge", "Number of the generation that readers open.", [({}, float(generation))])
    moments: list[Sample] = [({}, row[0].timestamp()) for row in made if row[0] is not None]
    yield Family("generation_timestamp_seconds", "gauge", "When that generation was made.", moments)
    rows = [({"platform": row["platform_id"]}, row) for row in table]
    for name, kind, about, column in (
        ("platform_last_success_timestamp_seconds", "gauge", "Last reading that is published.", "last_success_at"),
        ("platform_stale", "gauge", "1 where what is published is older than it should be.", "is_stale"),
        ("platform_rows_landed_total", "counter", "Rows landed, of batches that are published.", "landed_rows"),
        ("platform_rows_refused_total", "counter", "Of these, rows quarantined or dropped.", "refused_rows"),
    ):
        told = [(label, _number(row[column])) for label, row in rows if row[column] is not None]
        yield Family(name, kind, about, told)


def _number(value: datetime | float) -> float:
    return value.timestamp() if isinstance(value, datetime) else float(value)


def _last_run(home: Path) -> Iterator[Family]:
    told = read_events(home, now() - LONGEST_RUN)
    ended = [e for e in told if e["kind"] == "run.ended"][-1:]
    for run in ended:
        failed = float(run["error_code"] is not None)
        yield Family("run_end_timestamp_seconds", "gauge", "End of the last run.", [({}, run["at"].timestamp())])
        yield Family("run_failed", "gauge", "1 where the last run did not come to its end.", [({}, failed)])
        yield Family(
            "run_step_duration_seconds",
            "gauge",
            "Seconds of the last run, by step; run: of the whole.",
            [({"step": "run"}, run["seconds"]), *_steps(told, run["run_id"])],
        )


def _steps(told: Iterable[EventDict], run_id: str) -> list[Sample]:
    done = {e["step"]: e["seconds"] for e in told if e["kind"] == "step.done" and e["run_id"] == run_id}
    return [({"step": step}, seconds) for step, seconds in done.items()]


def _batches(home: Path) -> Iterator[Family]:
    batches, rows = Counter[str](), Counter[str]()
    for batch in unpublished(home):
        state = batch.state.replace(" ", "_")
        batches[state] += 1
        rows[state] += sum(stream.landed for stream in batch.landed.streams)
    states = ("to_conform", "to_judge", "to_load", "stopped", "aside")
    yield Family("batches_unpublished", "gauge", "Batches landed and not published.", _by_state(states, batches))
    yield Family("rows_unpublished", "gauge", "Rows landed and not published.", _by_state(states, rows))


def _by_state(states: Iterable[str], counts: Counter[str]) -> list[Sample]:
    return [({"state": state}, float(counts[state])) for state in states]


def _disk(home: Path) -> Iterator[Family]:
    rooms = [({"room": room}, float(size)) for room, size in disk_by_room(home).items()]
    yield Family("disk_bytes", "gauge", "Bytes of the files of the home, by folder.", rooms)
    yield Family("disk_free_bytes", "gauge", "Bytes free on the disk of the home.", [({}, float(free_bytes(home)))])
