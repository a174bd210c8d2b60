"""What a run says on the screen of what is usual, and of who was told."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from liandao.home import now
from liandao.observe.history import RUN, probable_end, read_usual
from liandao.observe.notify import Delivery
from liandao.options import MESSAGES
from schemas.errors import LiandaoError


def say_usual(home: Path) -> None:
    """Say how long a run usually takes and when the one that begins now will probably end; nothing before five runs
    have ended."""
    usual = None
    with suppress(LiandaoError):  # a home that can't be read is told by the run itself
        usual = read_usual(home).get((RUN, None))
    if usual is not None:
        likely, latest = probable_end(usual, now())
        MESSAGES.print(
            f"通常 usually {usual.median_seconds:.0f} s (n={usual.samples})：{clock(likely)} 完成 done,"
            f" 九成不晚于 nine in ten by {clock(latest)}",
            markup=False,
        )


def say_delivery(delivery: Delivery) -> None:
    """One line on what became of a message of a run."""
    if delivery.error is None:
        MESSAGES.print(f"已通知 told: {delivery.channel}", markup=False)
    else:
        MESSAGES.print(f"通知失败 not told: {delivery.channel}: {delivery.error.message}"
                       f" ({delivery.error.found or delivery.error.where})", style="yellow", markup=False)  # fmt: skip


def clock(moment: datetime) -> str:
    """A moment as a screen shows it."""
    return f"{moment:%m-%d %H:%M}"
