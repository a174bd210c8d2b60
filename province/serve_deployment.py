"""The deployment of a home on its province: where each platform is and what opens it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from province.databases import Account
from province.estate import habits
from province.estate_access import credential_of, endpoint_of
from province.habits import Habit
from province.onboard import block
from schemas.platform_file import Endpoint
from schemas.project_file import DeploymentFile


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the servers of one start can be found. ``closed_port``: nobody listens there (platforms that are down)."""

    http_port: int
    closed_port: int
    sftp_port: int
    sftp_key: str
    postgres: str
    """``postgresql://host:port/database``, without an account."""


def secret_for(home: Path, name: str, prefix: str = "") -> str:
    """The secret of that name: random, made on first use, ``secrets/<name>`` with mode 0600.

    ``prefix`` (such as ``user:``) is written before it in the file and left out of what is returned; a secret of
    another account is replaced.
    """
    path = home / "secrets" / name
    if not path.exists() or not path.read_text(encoding="utf-8").startswith(prefix):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(prefix + secrets.token_urlsafe(24) + "\n", encoding="utf-8")
    return path.read_text(encoding="utf-8").strip().removeprefix(prefix)


def token_of(home: Path, habit: Habit) -> str:
    """The bearer token of an HTTP platform."""
    return secret_for(home, f"{habit.platform_id}_token")


def account_of(home: Path, habit: Habit, tag: str, *, is_down: bool) -> Account:
    """The schema and account of a PostgreSQL platform. ``tag`` keeps homes apart that share one server."""
    user = f"{tag}{habit.platform_id}"
    password = secret_for(home, f"{habit.platform_id}_reader", prefix=f"{user}:")
    return Account(habit, f"{tag}{habit.platform_id}", user, password, may_log_in=not is_down)


def sftp_passwords(home: Path) -> dict[str, str]:
    """Account (a line of business) -> password."""
    owners = sorted({h.line_id for h in habits() if h.family == "sftp_files"})
    return {line: secret_for(home, f"{line}_sftp", prefix=f"{line}:") for line in owners}


def write_deployment(home: Path, at: Addresses, tag: str, down: set[str]) -> None:
    """Write ``deployment.yml``, the addresses and credentials of this start; an existing one is replaced as a whole."""
    names = sorted({name for h in habits() if (name := credential_of(h))})
    places = DeploymentFile(
        endpoints={endpoint_of(h): _endpoint(h, at, tag, h.platform_id in down) for h in habits()},
        credentials={name: f"file:secrets/{name}" for name in names},
    )
    text = block(places.model_dump(mode="python", exclude_none=True), "Written anew at each start of the province.")
    path = home / "deployment.yml"
    temporary = path.with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def _endpoint(habit: Habit, at: Addresses, tag: str, is_down: bool) -> Endpoint:
    if habit.family in ("http_page", "http_cursor"):
        port = at.closed_port if is_down and habit.family == "http_cursor" else at.http_port
        return Endpoint(url=f"http://127.0.0.1:{port}/{habit.platform_id}")
    if habit.database == "postgresql":
        return Endpoint(url=at.postgres, schema_name=f"{tag}{habit.platform_id}")
    if habit.database == "sqlite":
        return Endpoint(url=f"sqlite:{sqlite_path(habit)}")
    if habit.family == "sftp_files":
        return Endpoint(url=f"sftp://127.0.0.1:{at.sftp_port}/{habit.platform_id}", host_key=at.sftp_key)
    return Endpoint(url=f"file:{folder_path(habit)}")


def sqlite_path(habit: Habit) -> str:
    """Where the database file of a SQLite platform lies, relative to the home."""
    return f"province/files/sqlite/{habit.platform_id}.db"


def folder_path(habit: Habit) -> str:
    """Where a platform's files lie, relative to the home."""
    if habit.family == "sftp_files":
        return f"province/files/sftp/{habit.line_id}/{habit.platform_id}"
    return f"province/files/shared/{habit.platform_id}"
