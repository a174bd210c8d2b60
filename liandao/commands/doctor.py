"""``liandao doctor``: is this machine and this home fit to run, and what to do where it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from liandao.answers.plain import Finding
from liandao.options import HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import Settings, read_settings
from schemas.errors import LiandaoError


def doctor(
    connect: Annotated[
        bool, typer.Option("--connect", help="测试每个地址能否连通 Try every address as well; nothing is sent.")
    ] = False,
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at the machine, the project's files, the home, its key, locks, receipts and room, and at what is published:
    stale platforms, rows set aside, batches that wait. Nothing is changed."""
    from liandao.checkup.looks import CONNECTIONS, LOOKS

    settings = read_settings(home, project)
    looks = LOOKS | (CONNECTIONS if connect else {})
    looked = [_look(name, look, settings) for name, look in looks.items()]
    findings = [finding for finding, _ in looked]
    rows = [("✓" if f.ok else "✗", f.check, f.found + (f" → {f.next}" if f.next else "")) for f in findings]
    answer(as_json, findings, lambda: print_table("体检 doctor", ("", "项目 check", "结果 found"), rows))
    codes = {code for _, code in looked}
    raise typer.Exit(next((code for code in (5, 2, 3, 1) if code in codes), 0))


def _look(name: str, look: Callable[[Settings], str], settings: Settings) -> tuple[Finding, int]:
    try:
        return Finding(name, True, look(settings)), 0
    except LiandaoError as error:
        *lines, _ = [*error.lines(), ""]
        said = [line.strip() for line in lines if not line.startswith("  next: ")]
        return Finding(name, False, "; ".join(said), error.next_step or None), error.exit_code
