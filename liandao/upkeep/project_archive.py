"""Every state of the project that rows were conformed or a generation was made with, kept once each in the home.

``projects/<digest>.tar.gz`` holds ``liandao.yml`` and the folders of definitions; the digest is that of their names and
bytes, so that the same state is kept once. Secrets are in none of these files: a literal one is refused when read.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

from schemas.durable import replace_file
from schemas.errors import DamagedFile
from schemas.project import PROJECT_FILE, Project

DIGEST_DIGITS = 32
FOLDERS = ("sources", "codes", "profiles", "tables", "measures", "rules", "reference")


def project_digest(root: Path) -> str:
    """The digest of a project's definitions: 32 hexadecimal digits."""
    digest = hashlib.sha256()
    for name, content in _files(root):
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:DIGEST_DIGITS]


def keep_project(home: Path, root: Path) -> str:
    """Keep the project as it is now, unless this state is kept already; returns its digest."""
    digest = project_digest(root)
    path = archive_path(home, digest)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(path, _packed(root))
    return digest


def archive_path(home: Path, digest: str) -> Path:
    """Where a state of the project is kept."""
    return home / "projects" / f"{digest}.tar.gz"


def kept_files(home: Path, digest: str) -> dict[str, bytes]:
    """The files of a kept state: name relative to the project -> bytes. Raises DamagedFile when it is missing or not
    what its name says."""
    path = archive_path(home, digest)
    try:
        with tarfile.open(path, "r:gz") as archive:
            parts = ((member.name, archive.extractfile(member)) for member in archive)
            files = {name: part.read() for name, part in parts if part is not None}
    except (OSError, tarfile.TarError, EOFError) as broken:
        raise _damaged(path, type(broken).__name__) from None
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(f"{name}\0{len(files[name])}\0".encode())
        whole.update(files[name])
    if whole.hexdigest()[:DIGEST_DIGITS] != digest:
        raise _damaged(path, "other files than its name says")
    return files


def unpack_project(home: Path, digest: str, into: Path) -> Path:
    """Lay a kept state out as a project at ``into``, in place of what lies there; returns ``into``."""
    files = kept_files(home, digest)
    shutil.rmtree(into, ignore_errors=True)
    for name, content in files.items():
        target = into / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return into


def _damaged(path: Path, state: str) -> DamagedFile:
    return DamagedFile(
        "a kept state of the project can't be read",
        where=str(path),
        expected="the files that its name is the digest of",
        found=state,
        next_step="restore projects/ of the home from its backup",
    )


def _files(root: Path) -> Iterator[tuple[str, bytes]]:
    """Names and bytes in order of their names; what an editor or an interpreter leaves beside them is passed over."""
    project = Project(root)
    paths = [root / PROJECT_FILE]
    for folder in FOLDERS:
        paths += (p for p in (project.root / folder).rglob("*") if p.is_file() and _counts(p.relative_to(root)))
    for name, path in sorted((path.relative_to(root).as_posix(), path) for path in paths):
        yield name, path.read_bytes()


def _counts(name: Path) -> bool:
    return not any(part.startswith((".", "__pycache__")) or part.endswith("~") for part in name.parts)


def _packed(root: Path) -> bytes:
    """The archive's bytes: the same for the same files, whenever and by whomever it is made."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, content in _files(root):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()
