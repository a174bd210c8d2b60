"""Rebuilding: the published generation, or an earlier one, made again from landing, the decisions and the project.

Surrogates of persons tell how the records came together over time, so a rebuild goes through every generation in its
order, with the project that each was made with: its batches are conformed and judged, loaded and matched. The figures
are computed for the last one. What results has the content checksum that the receipt names, or the answer says in which
tables it has not, and which other program made it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from connectors.landing import RECEIPT
from connectors.registry import load_registry
from liandao import __version__, steps
from liandao.answers.upkeep import Rebuilt
from liandao.batches import conformed_receipt
from liandao.home import KEY_FILE, new_id
from liandao.home_file import write_home_file
from liandao.logs import open_log
from liandao.project_file import read_project
from liandao.settings import Settings
from liandao.upkeep.project_archive import unpack_project
from liandao.upkeep.trail import GenerationReceipt, all_receipts, chain_to, keep_receipt, published_run
from schemas import project
from schemas.durable import sync
from schemas.errors import ConfigurationError, DamagedFile, UsageError
from schemas.receipts import Conformed, Gated, Landed
from warehouse import places
from warehouse.build import reopen_build
from warehouse.checksum import HISTORY, overall_checksum, table_checksums
from warehouse.decisions import copy_ledger
from warehouse.lock import publish_lock, run_lock
from warehouse.publish import publish
from warehouse.reader import connect
from warehouse.retention import expired_batches

WORK = "rebuild"
"""The folder of a home in which its published generation is rebuilt."""


@dataclass(frozen=True, slots=True)
class _Work:
    """``home``: where landing, key and ledger are; ``settings``: those of the folder in which is rebuilt; ``expired``:
    batches that retention has removed."""

    home: Path
    settings: Settings
    expired: frozenset[str]

    @property
    def folder(self) -> Path:
        return self.settings.home


def rebuild(settings: Settings, *, as_of: date | None = None, into: Path | None = None) -> Rebuilt:
    """Rebuild the generation that was published last (on or before ``as_of``).

    With ``into``, a folder that is empty or not there, the result is a home of its own there, whose ``landing`` is a
    link. Without, it is published in this home as its next generation, if its content is the same as before. Raises
    UsageError where no receipt says what to rebuild, or ``as_of`` is given without ``into``, DamagedFile where
    something that is needed is missing.
    """
    home = settings.home
    chain = _chosen(home, as_of)
    if into is not None:
        return _into(settings, chain, into)
    if as_of is not None:
        raise UsageError("an earlier day is rebuilt into a folder of its own", where="--as-of", expected="--into DIR")
    with run_lock(home), publish_lock(home):
        return _in_place(settings, chain)


def _chosen(home: Path, as_of: date | None) -> list[GenerationReceipt]:
    receipts = all_receipts(home)
    current = published_run(home) if places.generations(home) else None
    if current not in receipts:  # published/ is lost: the last one, unless it was taken back
        aside = {path.stem for path in (home / "aside").glob("*.json")}
        sound = [r for r in receipts.values() if not {b.rpartition("/")[2] for b in r.batches} & aside]
        current = max(sound, key=lambda r: r.started_at).run_id if sound else None
    chain = chain_to(receipts, current) if current else []
    if as_of is not None:
        chain = [r for r in chain if datetime.fromisoformat(r.started_at).date() <= as_of]
    if not chain:
        raise UsageError(
            "no receipt says what to rebuild",
            where=str(home / "generations"),
            expected=f"a generation of {as_of} or before" if as_of else "the receipt of a generation",
            found=f"{len(receipts)} receipts",
            next_step="restore generations/ from a backup; or liandao run, which makes a generation from landing "
            "(persons get new ids)",
        )
    if chain[0].before is not None:
        raise UsageError(
            "what was published before the first receipt can't be rebuilt step by step",
            where=str(home / "generations"),
            expected=f"the receipt of {chain[0].before}",
            found=f"receipts from {chain[0].started_at[:10]} on",
            next_step="restore generations/ or published/ from a backup",
        )
    return chain


def _into(settings: Settings, chain: list[GenerationReceipt], into: Path) -> Rebuilt:
    if into.exists() and any(into.iterdir()):
        raise UsageError("the folder is not empty", where="--into", expected="a new folder", found=str(into))
    with _prepared(settings, into) as work:
        _replay(work, chain)
        keep_receipt(work.folder)
        return _compared(work, chain, chain[-1].generation, into)


def _in_place(settings: Settings, chain: list[GenerationReceipt]) -> Rebuilt:
    home, folder = settings.home, settings.home / WORK
    shutil.rmtree(folder, ignore_errors=True)  # of a rebuild that was cut off
    taken = [*places.generations(home), *(r.generation for r in all_receipts(home).values())]
    anew = replace(chain[-1], run_id=new_id("r"), generation=max(taken) + 1)
    with _prepared(settings, folder) as work:
        _replay(work, [*chain[:-1], anew])
        told = _compared(work, chain, anew.generation, None)
    if told.is_published:
        target = places.generation_folder(home, anew.generation)
        target.parent.mkdir(exist_ok=True)
        places.generation_folder(folder, anew.generation).rename(target)
        sync(target.parent)
        _clear_pointer(home)
        places.point_current(home, anew.generation)
        keep_receipt(home)
    shutil.rmtree(folder)
    return told


def _clear_pointer(home: Path) -> None:
    """A folder in the pointer's place, as some copies leave it, is set aside."""
    link = places.current_link(home)
    if link.is_dir() and not link.is_symlink():
        link.rename(link.with_name("current.copy"))


@contextmanager
def _prepared(settings: Settings, folder: Path) -> Iterator[_Work]:
    """A home of its own beside landing, with the key; the project of before is in use again afterwards."""
    home = settings.home
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "landing").symlink_to((home / "landing").resolve())
    (folder / KEY_FILE).parent.mkdir(mode=0o700)
    shutil.copy2(home / KEY_FILE, folder / KEY_FILE)
    ours = Settings(folder, None, 1, folder / "project", settings.reading_minutes)
    try:
        yield _Work(home, ours, frozenset(expired_batches(home)))
    finally:
        project.reload(project.Project(settings.project) if settings.project else None)
        open_log(home)


def _replay(work: _Work, chain: Sequence[GenerationReceipt]) -> None:
    for receipt in chain:
        for digest in sorted({digest or receipt.project for digest in receipt.batches.values()}):
            of_digest = [name for name, d in receipt.batches.items() if (d or receipt.project) == digest]
            _use(work, digest)
            _conform(work, of_digest, digest)
        _use(work, receipt.project)
        batches = [_receipts(work, name) for name in receipt.batches if name not in work.expired]
        started = datetime.fromisoformat(receipt.started_at)
        what = steps.Input(batches, _judged(work, receipt), receipt.attempts, started, receipt.generation)
        steps.load_input(work.settings, receipt.run_id, what)
        copy_ledger(work.home, work.folder, receipt.decisions)
        steps.match(work.settings, receipt.run_id)
        if receipt is chain[-1]:
            steps.measure(work.settings, receipt.run_id)
        with reopen_build(work.folder, receipt.run_id) as build:
            publish(build, keep=1)


def _use(work: _Work, digest: str) -> None:
    root = work.settings.project or work.folder
    unpack_project(work.home, digest, root)
    project.reload(project.Project(root.resolve()))
    write_home_file(work.folder, root, read_project(root).name, __version__)  # its name may have been another


def _conform(work: _Work, names: Iterable[str], digest: str) -> None:
    """Conform batches with the project in use, whose ``digest`` their receipts name."""
    from transforms.conform.platform import conform_platform

    platforms = load_registry().platforms
    for name in names:
        if name in work.expired:
            continue
        landed = _landed(work, name)
        if landed.platform_id not in platforms:
            raise ConfigurationError(
                "the project of that time has no such platform",
                where=name, expected=landed.platform_id, next_step="restore projects/ from a backup",
            )  # fmt: skip
        conform_platform(platforms[landed.platform_id], landed, work.folder, digest)


def _judged(work: _Work, receipt: GenerationReceipt) -> list[Gated]:
    """The gates of a generation, judged again; one that kept batches out for many nights is judged once."""
    from transforms.quality.gate import gate_line

    gates = []
    for gate in receipt.gates:
        path = work.folder / "quality" / gate.line_id / f"{gate.gate_id}.json"
        if not path.exists():
            names = [name for name in gate.batches if name not in work.expired]
            _conform(work, [n for n in names if not _conformed_path(work, n).exists()], receipt.project)
            if names:
                conformed = [Conformed.read(_conformed_path(work, n)) for n in names]
                gate_line(gate.line_id, conformed, work.folder, gate.gate_id)
        if path.exists():
            gates.append(Gated.read(path))
    return gates


def _landed(work: _Work, name: str) -> Landed:
    path = work.home / "landing" / name / RECEIPT
    if not path.is_file():
        raise DamagedFile(
            "a batch that was loaded is not in landing",
            where=str(path.parent),
            expected="its files, or a receipt of retention",
            next_step=f"restore it from a backup, or: liandao batch accept-loss {path.parent.name} --reason …",
        )
    return Landed.read(path)


def _conformed_path(work: _Work, name: str) -> Path:
    return conformed_receipt(work.folder, _landed(work, name))


def _receipts(work: _Work, name: str) -> tuple[Landed, Conformed]:
    return _landed(work, name), Conformed.read(_conformed_path(work, name))


def _compared(work: _Work, chain: list[GenerationReceipt], generation: int, into: Path | None) -> Rebuilt:
    """What was rebuilt, beside what its receipt says of it."""
    made = chain[-1]
    with connect(work.folder) as con:
        tables = table_checksums(con)
    differing = sorted(t for t in made.tables if t not in HISTORY and tables.get(t) != made.tables[t])
    checksum = overall_checksum(tables)
    return Rebuilt(
        generation=generation,
        of_generation=made.generation,
        started_at=datetime.fromisoformat(made.started_at),
        generations=len(chain),
        checksum=checksum,
        expected=made.checksum,
        is_same=checksum == made.checksum,
        differing_tables=differing,
        program=__version__,
        made_by=sorted({receipt.program for receipt in chain}),
        expired=sorted(work.expired & {name for receipt in chain for name in receipt.batches}),
        folder=str(into) if into else "",
        is_published=into is None and checksum == made.checksum,
    )
