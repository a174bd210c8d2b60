"""Telling people: one message a run by each channel, once, and a word when it is well again."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from liandao.home import now
from liandao.names import require
from liandao.observe.events import tell
from liandao.observe.notify.message import Message, Told, due
from liandao.observe.notify.problems import Known, describe, look
from liandao.project_file import read_deployment_file, read_project
from liandao.settings import Settings
from schemas import project
from schemas.errors import DamagedFile, LiandaoError, MessageNotSent
from schemas.events import MessageFailed, MessageSent
from schemas.notify_file import Channel, Notify
from schemas.receipts import Receipt

if TYPE_CHECKING:
    from liandao.observe.post import Secrets

FOLDER, KNOWN = "notify", "known"
REPEAT_DAYS, DEADLINE_SECONDS = 7, 20
_Kept = TypeVar("_Kept", bound=Receipt)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one message: how many problems it spoke of, and the error where it was not sent."""

    channel: str
    problems: int
    recovered: int
    error: LiandaoError | None


def notify(settings: Settings, run_id: str | None) -> list[Delivery]:
    """Tell each channel what has changed since it was told last, and again what stays for long. ``run_id``: the run
    that has ended.

    Never waits longer than the deadline, and raises nothing for a channel that fails: that is in what it returns, and
    the next run tries again.
    """
    told = read_notify(settings)
    if not told.channels:
        return []
    project.use(settings.project)
    before = _read(Known, _path(settings.home, f".{KNOWN}"))
    known = look(settings, run_id, before)
    if known != before:
        known.write(_path(settings.home, f".{KNOWN}"))
    messages, repeat = {}, timedelta(days=told.repeat_days or REPEAT_DAYS)
    for name in told.channels:
        says = due(known, _read(Told, _path(settings.home, name)), repeat)
        if says is not None:
            messages[name] = says
    if not messages:
        return []
    problems = describe(settings, known, known.codes)
    title = _title(settings)
    written = {name: Message(title, run_id or "", problems, *says) for name, says in messages.items()}
    delivered = _deliver(settings, told, written)
    for name, delivery in delivered.items():
        if delivery.error is None:
            Told(now().isoformat(timespec="seconds"), known.codes).write(_path(settings.home, name))
    return list(delivered.values())


def try_channel(settings: Settings, name: str) -> Delivery:
    """Send a message that says only that it is a test. Raises UsageError for a channel that is not there."""
    told = read_notify(settings)
    require("channel", name, told.channels, where="--test", next_step="notify: in liandao.yml or deployment.yml")
    return _deliver(settings, told, {name: Message(_title(settings), "", [], frozenset(), [])})[name]


def read_notify(settings: Settings) -> Notify:
    """Who is told, as the project says and the home over it."""
    if settings.project is None:
        return Notify()
    return read_project(settings.project).notify.under(read_deployment_file(settings.home).notify)


def _title(settings: Settings) -> str:
    return read_project(settings.project).title.zh if settings.project else ""


def _deliver(settings: Settings, told: Notify, messages: Mapping[str, Message]) -> dict[str, Delivery]:
    """Send by all channels at once. Threads that hang are left behind: they end with the process."""
    from liandao.observe.post import read_secrets  # httpx and a mail client: most nights nobody is told anything

    seconds = told.deadline_seconds or DEADLINE_SECONDS
    secrets, errors = read_secrets(settings), dict[str, LiandaoError | None]()
    threads = {}
    started = monotonic()
    for name, message in messages.items():
        words = (name, told.channels[name], message, secrets, errors)
        threads[name] = threading.Thread(target=_send, args=words, daemon=True)
        threads[name].start()
    delivered = {}
    for name, thread in threads.items():
        thread.join(max(0.0, started + seconds - monotonic()))
        late = MessageNotSent("the channel took too long", where=name, expected=f"an answer within {seconds} s")
        message = messages[name]
        delivered[name] = Delivery(name, len(message.problems), len(message.recovered), errors.get(name, late))
        _tell(settings.home, delivered[name], round(monotonic() - started, 3))
    return delivered


def _send(
    name: str, channel: Channel, message: Message, secrets: Secrets, errors: dict[str, LiandaoError | None]
) -> None:
    from liandao.observe.notify.channels import send

    try:
        send(channel, message, secrets, name)
        errors[name] = None
    except LiandaoError as error:
        errors[name] = error
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a channel, the run has ended well
        errors[name] = MessageNotSent("the channel failed", where=name, found=type(error).__name__)


def _tell(home: Path, delivery: Delivery, seconds: float) -> None:
    if delivery.error is None:
        about = {"problems": delivery.problems, "recovered": delivery.recovered}
        tell(home, MessageSent, channel=delivery.channel, seconds=seconds, **about)
    else:
        tell(home, MessageFailed, channel=delivery.channel, seconds=seconds, error_code=delivery.error.code)


def _path(home: Path, name: str) -> Path:
    return home / FOLDER / f"{name}.json"


def _read(kind: type[_Kept], path: Path) -> _Kept:
    """What was written there; as if nothing had been where it is not whole."""
    with suppress(FileNotFoundError, DamagedFile):
        return kind.read(path)
    return kind()
