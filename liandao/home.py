"""The home of a deployment: its folders, its key, its ids. One place knows the layout."""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from schemas.columns import ZONE
from schemas.errors import ConfigurationError

KEY_FILE = Path("keys") / "hmac.key"
KEY_BYTES = 32
BEIJING = ZoneInfo(ZONE)
_MOMENT = r"\d{8}T\d{12}"


def now() -> datetime:
    """This moment in Beijing time."""
    return datetime.now(tz=BEIJING)


def new_id(prefix: str, after: str = "") -> str:
    """A sortable id: prefix, UTC time to the microsecond, four random hex digits. It sorts behind ``after``, an id of
    the same make, although the clock may have been set back since."""
    made = f"{prefix}{datetime.now(tz=UTC):%Y%m%dT%H%M%S%f}{secrets.token_hex(2)}"
    if made > after or not (written := re.fullmatch(rf"{prefix}({_MOMENT})[0-9a-f]{{4}}", after)):
        return made
    moment = datetime.strptime(written.group(1), "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC) + timedelta(microseconds=1)
    return f"{prefix}{moment:%Y%m%dT%H%M%S%f}{secrets.token_hex(2)}"


def fingerprint(key: bytes) -> str:
    """What tells a key from another without giving it away: 16 hex digits."""
    return hmac.new(key, b"liandao: fingerprint of the home's key", "sha256").hexdigest()[:16]


def load_key(home: Path) -> bytes:
    """The home's key for tokens and surrogates; made on first use, mode 0600, never inside the warehouse."""
    path = home / KEY_FILE
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_suffix(f".{secrets.token_hex(4)}")
        temporary.touch(mode=0o600)
        temporary.write_bytes(secrets.token_bytes(KEY_BYTES))
        try:
            path.hardlink_to(temporary)
        except FileExistsError:
            pass  # another process made it first: its key is the key
        finally:
            temporary.unlink()
    key = path.read_bytes()
    if len(key) != KEY_BYTES or path.stat().st_mode & 0o077:
        raise ConfigurationError(
            "the key file is not usable",
            where=str(path),
            expected=f"{KEY_BYTES} bytes, mode 0600",
            found=f"{len(key)} bytes, mode {path.stat().st_mode & 0o777:04o}",
            next_step="restore the key from its backup; a new key makes every person a new person",
        )
    return key
