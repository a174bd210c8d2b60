"""``liandao notify``: tell people what is wrong, as the end of every run does; or try a channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from liandao.options import OUT, HomeOption, JsonOption, ProjectOption, answer
from liandao.settings import read_settings

if TYPE_CHECKING:
    from liandao.answers.plain import DeliveryRow


def notify(
    test: Annotated[
        str | None, typer.Option("--test", metavar="CHANNEL", help="向一个通道发测试消息 Try one channel.")
    ] = None,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell every channel under notify what it has not been told: what is wrong, since when, how many rows wait, and
    what has recovered. Ends with 1 when a channel did not take its message."""
    from liandao.answers.plain import DeliveryRow
    from liandao.observe.events import last_run
    from liandao.observe.notify import notify as tell_people
    from liandao.observe.notify import try_channel

    settings = read_settings(home, project)
    deliveries = [try_channel(settings, test)] if test else tell_people(settings, last_run(settings.home))
    rows = [
        DeliveryRow(d.channel, d.error is None, d.problems, d.recovered, d.error.lines() if d.error else None)
        for d in deliveries
    ]
    answer(as_json, rows, lambda: _show(rows))
    raise typer.Exit(0 if all(r.sent for r in rows) else 1)


def _show(rows: list[DeliveryRow]) -> None:
    for row in rows:
        OUT.print(f"{'✓' if row.sent else '✗'} {row.channel}", markup=False)
        for line in row.error or ():
            OUT.print(f"  {line}", markup=False)
    if not rows:
        OUT.print("没有需要通知的新情况 nothing new to tell", markup=False)
