"""Backup and restore: one file with everything that could not be made again, each part with its digest.

A backup is a tar archive of the rooms below and, last, ``backup.json``: every file with its SHA-256, and what it was
made from. What conforming and judging left is not in it: the next run makes it again from landing.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from liandao import __version__
from liandao.answers.upkeep import BackedUp, Restored
from liandao.home import KEY_FILE, fingerprint, now
from liandao.home_file import HOME_FILE
from liandao.opening import KEY_SETTING
from liandao.project_file import DEPLOYMENT_FILE
from schemas.durable import sync
from schemas.errors import DamagedFile, UsageError
from schemas.receipts import Landed, Receipt
from schemas.refusals import refusals, require_room
from warehouse import places
from warehouse.lock import publish_lock
from warehouse.state import published_facts

MANIFEST = "backup.json"
KEYS = ("keys", "secrets")
ROOMS = ("landing", "decisions", "generations", "projects", "retention", "aside", "attempts", "events", *KEYS)
FILES = (HOME_FILE, DEPLOYMENT_FILE)


@dataclass(frozen=True, slots=True)
class Part(Receipt):
    """One file of a backup: SHA-256 of its bytes (of a link's target), and its mode."""

    sha256: str
    mode: int


@dataclass(frozen=True, slots=True)
class Manifest(Receipt):
    """What a backup says of itself. ``key``: fingerprint of the key that the home's data were made with, also where the
    key itself is not in it; ``checksum``: of the content of the published ``generation``."""

    made_at: str
    program: str
    key: str
    generation: int | None
    checksum: str
    parts: dict[str, Part]


@refusals()
def back_up(home: Path, file: Path, *, with_keys: bool = True, with_published: bool = True) -> BackedUp:
    """Write a backup of a home to a file that is not there yet. Runs may go on landing meanwhile; nothing is published
    until it is done.

    Raises UsageError where the file is there, SystemRefused where it can't be written, DiskFull where it finds no room.
    """
    if file.exists():
        raise UsageError("the file is there already", where="FILE", expected="a new file", found=str(file))
    with publish_lock(home):
        paths = [p for p in _paths(home, with_published) if with_keys or p.relative_to(home).parts[0] not in KEYS]
        require_room(file.parent, sum(p.lstat().st_size for p in paths))
        temporary = file.with_name(f"{file.name}.tmp")
        try:
            size, manifest = _write(home, paths, temporary)
            sync(temporary)
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
        sync(file.parent)
    return BackedUp(str(file), len(paths), size, manifest.generation, manifest.checksum, with_keys)


def _paths(home: Path, with_published: bool) -> Iterator[Path]:
    """Every file and link that a backup holds. A batch without its receipt is still being landed."""
    yield from (home / name for name in FILES if (home / name).is_file())
    for room in ROOMS:
        for path in sorted((home / room).rglob("*")):
            if path.is_file() and (room != "landing" or (path.parent / "landed.json").exists()):
                yield path
    if with_published and (folder := places.current_folder(home)) is not None:
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file())
        yield places.current_link(home)


def _write(home: Path, paths: list[Path], file: Path) -> tuple[int, Manifest]:
    parts = {}
    file.touch(mode=0o600)
    with tarfile.open(file, "w", format=tarfile.PAX_FORMAT) as archive:
        for path in paths:
            name = path.relative_to(home).as_posix()
            member = archive.gettarinfo(path, name)
            if path.is_symlink():
                archive.addfile(member)
                parts[name] = Part(_digest_of(member.linkname.encode()), member.mode)
                continue
            with path.open("rb") as source:
                hashing = _Hashing(source, member.size)
                archive.addfile(member, hashing)
            parts[name] = Part(hashing.digest.hexdigest(), member.mode)
        manifest = _manifest(home, parts)
        text = json.dumps(manifest.to_dict(), ensure_ascii=False, indent=1, sort_keys=True).encode()
        member = tarfile.TarInfo(MANIFEST)
        member.size, member.mode = len(text), 0o600
        archive.addfile(member, io.BytesIO(text))
    return file.stat().st_size, manifest


def _manifest(home: Path, parts: dict[str, Part]) -> Manifest:
    facts, path = published_facts(home), home / KEY_FILE
    key = facts.settings.get(KEY_SETTING) if facts else None
    key = key or (fingerprint(path.read_bytes()) if path.exists() else "")
    made = now().isoformat(timespec="seconds"), __version__, key
    return Manifest(*made, places.current_generation(home), facts.checksum if facts else "", parts)


class _Hashing(io.RawIOBase):
    """The first ``size`` bytes of a file, with their digest: one that grows meanwhile is taken as it was."""

    def __init__(self, source: IO[bytes], size: int) -> None:
        self._source, self._left, self.digest = source, size, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        chunk = self._source.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(chunk)
        self.digest.update(chunk)
        return chunk


@refusals()
def restore(file: Path, home: Path | None) -> Restored:
    """Verify a backup, every byte of it; lay it down as ``home``, a folder that is empty or not there, unless that is
    None. A home is there whole or not at all.

    Raises UsageError where the folder holds something, DamagedFile where the backup is not whole or not as it was
    written, or where a landed file in it is not the one that its receipt of landing names.
    """
    if home is None:
        return _told(file, None, _unpack(file, None))
    if home.exists() and any(home.iterdir()):
        raise UsageError("the folder is not empty", where="--home", expected="a new folder", found=str(home))
    home.parent.mkdir(parents=True, exist_ok=True)
    require_room(home.parent, file.stat().st_size)
    temporary = home.with_name(f".{home.name}.restoring")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        manifest = _unpack(file, temporary)
        if home.exists():
            home.rmdir()
        os.replace(temporary, home)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    sync(home.parent)
    return _told(file, home, manifest)


def _told(file: Path, home: Path | None, manifest: Manifest) -> Restored:
    if home is None:
        step = f"liandao restore {file} --home DIR"
    elif manifest.generation is None or "published/current" not in manifest.parts:
        step = f"liandao rebuild --home {home}"
    else:
        step = f"liandao balance --home {home}"
    if KEY_FILE.as_posix() not in manifest.parts:
        step = f"restore keys/hmac.key ({manifest.key}), then: {step}"
    made = datetime.fromisoformat(manifest.made_at)
    told = (manifest.program, len(manifest.parts), manifest.generation, manifest.checksum, step)
    return Restored(str(file), str(home or ""), made, *told)


def _unpack(file: Path, into: Path | None) -> Manifest:
    digests: dict[str, str] = {}
    landed: dict[str, str] = {}
    manifest = None
    try:
        with tarfile.open(file, "r:") as archive:
            for member in archive:
                if member.name == MANIFEST:
                    manifest = Manifest.from_dict(json.loads(_bytes_of(archive, member)))
                    continue
                digests[member.name] = _read_part(archive, member, into)
                if member.name.startswith("landing/") and member.name.endswith("/landed.json"):
                    receipt = Landed.from_dict(json.loads(_bytes_of(archive, member)))
                    landed |= {f.path: f.sha256 for stream in receipt.streams for f in stream.files}
    except (tarfile.TarError, EOFError, ValueError, TypeError, KeyError, AttributeError) as broken:
        raise _damaged(file, "a backup", type(broken).__name__) from None
    if manifest is None:
        raise _damaged(file, f"{MANIFEST} at its end", "a backup that was cut off")
    _verify(file, manifest, digests, landed)
    if into is not None:
        _settle(into, manifest)
    return manifest


def _settle(into: Path, manifest: Manifest) -> None:
    """Give every file its mode and force it to disk."""
    for name, part in manifest.parts.items():
        if not (into / name).is_symlink():
            (into / name).chmod(part.mode)
    for path in sorted(into.rglob("*"), reverse=True):
        if not path.is_symlink():
            sync(path)


def _bytes_of(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    part = archive.extractfile(member)
    return part.read() if part is not None else b""


def _read_part(archive: tarfile.TarFile, member: tarfile.TarInfo, into: Path | None) -> str:
    """Read one member, laying it down under ``into``; returns its digest. What would leave the folder is refused by
    the library's own rule for data."""
    tarfile.data_filter(member, str(into or Path.cwd()))
    target = into / member.name if into is not None else None
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if member.issym():
        if target is not None:
            target.symlink_to(member.linkname)
        return _digest_of(member.linkname.encode())
    source = archive.extractfile(member)
    if source is None:
        raise tarfile.ReadError(member.name)
    hashing = _Hashing(source, member.size)
    if target is None:
        while hashing.read(2**20):
            pass
    else:
        with target.open("wb") as sink:
            shutil.copyfileobj(hashing, sink, 2**20)
    return hashing.digest.hexdigest()


def _verify(file: Path, manifest: Manifest, digests: dict[str, str], landed: dict[str, str]) -> None:
    """Hold every digest against the manifest, and those of landed files against their own receipts as well."""
    wrong = {name for name, part in manifest.parts.items() if digests.get(name) != part.sha256}
    wrong |= digests.keys() - manifest.parts.keys()
    wrong |= {path for path, sha256 in landed.items() if path in digests and digests[path] != sha256}
    if wrong:
        raise _damaged(file, "every file with the digest that was written", ", ".join(sorted(wrong)[:5]))


def _digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _damaged(file: Path, expected: str, state: str) -> DamagedFile:
    return DamagedFile(
        "the backup is not whole", where=str(file), expected=expected, found=state, next_step="take another backup"
    )
