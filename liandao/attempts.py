"""What became of the last attempt to read each platform, kept in the home until the next publish tells the
warehouse."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from liandao.home import now
from schemas.errors import DamagedFile, LiandaoError, error_kinds
from schemas.receipts import Receipt


@dataclass(frozen=True, slots=True)
class Attempt(Receipt):
    """One attempt. ``ok``, with a batch unless nothing was new, or an error code with its message (never a value of a
    record)."""

    platform_id: str
    at: str
    ok: bool
    batch_id: str | None
    error_code: str | None
    error_text: str | None
    exit_code: int

    def error(self) -> LiandaoError:
        """The error of an attempt that failed, of its own class."""
        return error_kinds().get(self.error_code or "", LiandaoError)(self.error_text or "")


def _path(home: Path, platform_id: str) -> Path:
    return home / "attempts" / f"{platform_id}.json"


def record_success(home: Path, platform_id: str, batch_id: str | None) -> Attempt:
    """Write down that a platform was read; None where it had nothing new."""
    attempt = Attempt(platform_id, now().isoformat(), True, batch_id, None, None, 0)
    attempt.write(_path(home, platform_id))
    return attempt


def record_failure(home: Path, platform_id: str, error: LiandaoError) -> Attempt:
    """Write down why a platform could not be read. Where nothing can be written, that is why: it is told all the
    same."""
    text = error.message + (f" ({error.where})" if error.where else "")
    attempt = Attempt(platform_id, now().isoformat(), False, None, error.code, text, error.exit_code)
    with suppress(OSError):
        attempt.write(_path(home, platform_id))
    return attempt


def read_attempts(home: Path) -> dict[str, Attempt]:
    """The last attempt of every platform that was ever tried, by platform id. One that is damaged says nothing: the
    next attempt takes its place."""
    found = {}
    for path in sorted((home / "attempts").glob("*.json")):
        with suppress(DamagedFile):
            found[path.stem] = Attempt.read(path)
    return found
