"""What each generation was made from: one receipt each, kept as long as the home, whatever becomes of the generation.

``load`` writes ``made.json`` into the generation under construction, ``match`` adds how many decisions it obeyed, and
when the generation is published a receipt with its checksum is laid down in ``generations/<run>.json``. A receipt names
the run before it, so receipts are a chain that begins with the first generation; a rolled-back generation is a branch
that nothing follows. :mod:`liandao.upkeep.rebuild` goes through them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from liandao import __version__
from liandao.attempts import Attempt
from liandao.batches import landed_receipt
from liandao.upkeep.project_archive import keep_project
from schemas.receipts import Conformed, Gated, Landed, Receipt
from warehouse import places
from warehouse.build import Build
from warehouse.state import generation_facts

MADE = "made.json"


@dataclass(frozen=True, slots=True)
class JudgedBatches(Receipt):
    """A gate whose results the generation took up. ``batches``: as :class:`GenerationReceipt` writes them."""

    line_id: str
    gate_id: str
    batches: list[str]


@dataclass(frozen=True, slots=True)
class GenerationReceipt(Receipt):
    """What a generation was made from.

    ``before``: the run of the generation that it was built on, None for the first. ``started_at``: ISO 8601, Beijing.
    ``program``: version of Liandao; ``project``: digest of the project (:mod:`liandao.upkeep.project_archive`).
    ``batches``: those loaded, ``platform/batch`` -> digest of the project that they were conformed with. ``attempts``:
    those whose outcome it took up. ``decisions``: how many entries of the ledger it obeyed. ``checksum`` and ``tables``
    are filled in when it is published; ``tables`` may be empty.
    """

    run_id: str
    generation: int
    before: str | None
    started_at: str
    program: str
    project: str
    batches: dict[str, str]
    gates: list[JudgedBatches]
    attempts: list[Attempt]
    decisions: int = 0
    checksum: str = ""
    tables: dict[str, str] = field(default_factory=dict)


def batch_name(landed: Landed | Conformed) -> str:
    """A batch as receipts of generations name it: ``platform/batch``."""
    return f"{landed.platform_id}/{landed.batch_id}"


def begin_receipt(
    build: Build,
    root: Path,
    batches: Sequence[tuple[Landed, Conformed]],
    gates: Iterable[Gated],
    attempts: Iterable[Attempt],
) -> None:
    """Write down what a generation is made from, in its own folder, and keep the project."""
    loaded = {landed.batch_id: batch_name(landed) for landed, _ in batches}
    judged = [
        JudgedBatches(g.line_id, g.gate_id, [loaded.get(b) or _landed_name(build.home, b) for b in g.batch_ids])
        for g in gates
    ]
    receipt = GenerationReceipt(
        run_id=build.run_id,
        generation=build.generation,
        before=published_run(build.home),
        started_at=build.started_at.isoformat(),
        program=__version__,
        project=keep_project(build.home, root),
        batches={batch_name(landed): conformed.project for landed, conformed in batches},
        gates=judged,
        attempts=list(attempts),
    )
    receipt.write(build.folder / MADE)


def _landed_name(home: Path, batch_id: str) -> str:
    """The name of a batch that a gate keeps out; of one that is gone, its id alone."""
    receipt = landed_receipt(home, batch_id)
    return f"{receipt.parent.parent.name}/{batch_id}" if receipt else batch_id


def note_decisions(build: Build, count: int) -> None:
    """Add how many entries of the ledger the generation obeys."""
    path = build.folder / MADE
    if path.exists():
        replace(GenerationReceipt.read(path), decisions=count).write(path)


def keep_receipt(home: Path, tables: dict[str, str] | None = None) -> None:
    """Lay the published generation's receipt down, unless it is there already: also for one whose run was cut off just
    after it had been published. One that was made before there were receipts has none."""
    folder = places.current_folder(home)
    if folder is None or not (folder / MADE).exists():
        return
    made = GenerationReceipt.read(folder / MADE)
    path = places.receipt_path(home, made.run_id)
    if path.exists():
        return
    replace(made, checksum=generation_facts(home, made.generation).checksum, tables=tables or {}).write(path)


def last_loaded(home: Path) -> frozenset[str]:
    """Ids of the batches that the published generation loaded itself; none where it has no receipt."""
    folder = places.current_folder(home)
    if folder is None or not (folder / MADE).exists():
        return frozenset()
    return frozenset(name.rpartition("/")[2] for name in GenerationReceipt.read(folder / MADE).batches)


def published_run(home: Path) -> str | None:
    """The run that made the published generation; None before the first."""
    generation = places.current_generation(home)
    return None if generation is None else run_of(home, generation)


def run_of(home: Path, generation: int) -> str:
    """The run that made a generation kept: the last of those that it knows."""
    made = places.generation_folder(home, generation) / MADE
    return GenerationReceipt.read(made).run_id if made.exists() else generation_facts(home, generation).run_id


def all_receipts(home: Path) -> dict[str, GenerationReceipt]:
    """Every receipt of a generation, by run. Raises DamagedFile."""
    return {path.stem: GenerationReceipt.read(path) for path in sorted((home / "generations").glob("*.json"))}


def chain_to(receipts: dict[str, GenerationReceipt], run_id: str) -> list[GenerationReceipt]:
    """The receipts that led to the generation of a run, from the first one known."""
    chain: list[GenerationReceipt] = []
    step: str | None = run_id
    while step is not None and step in receipts:
        chain.insert(0, receipts[step])
        step = receipts[step].before
    return chain
