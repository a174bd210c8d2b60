"""``liandao doctor``: is this machine and this home fit to run, and what to do where it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from liandao.answers.plain import Finding
from liandao.checkup import home as of_home
from liandao.checkup import machine, network
from liandao.options import HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import Settings, read_settings
from schemas.errors import LiandaoError

Look = Callable[[Settings], str]
LOOKS: dict[str, Look] = {
    "Python": machine.python,
    "导入名 import names": machine.import_names,
    "DuckDB": machine.duckdb_version,
    "SM3": machine.sm3,
    "时钟 clock": machine.clock,
    "编码 encoding": machine.encoding,
    "平台文件 platform files": of_home.registry,
    "驱动 drivers": machine.drivers,
    "磁盘 disk": machine.disk,
    "各处占用 rooms": of_home.rooms,
    "连接 endpoints": of_home.deployment,
    "口令 secrets": of_home.secrets,
    "密钥 key": of_home.key,
    "锁 locks": of_home.locks,
    "版本与回执 generations and receipts": of_home.receipts,
    "仓库 warehouse": of_home.warehouse,
    "陈旧平台 stale platforms": of_home.stale,
    "隔离占比 set aside": of_home.refused,
    "未入库批次 batches waiting": of_home.waiting,
}
CONNECTIONS: dict[str, Look] = {"连通 connections": network.connections}


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
    settings = read_settings(home, project)
    looks = LOOKS | (CONNECTIONS if connect else {})
    looked = [_look(name, look, settings) for name, look in looks.items()]
    findings = [finding for finding, _ in looked]
    rows = [("✓" if f.ok else "✗", f.check, f.found + (f" → {f.next}" if f.next else "")) for f in findings]
    answer(as_json, findings, lambda: print_table("体检 doctor", ("", "项目 check", "结果 found"), rows))
    codes = {code for _, code in looked}
    raise typer.Exit(next((code for code in (5, 2, 3, 1) if code in codes), 0))


def _look(name: str, look: Look, settings: Settings) -> tuple[Finding, int]:
    try:
        return Finding(name, True, look(settings)), 0
    except LiandaoError as error:
        *lines, _ = [*error.lines(), ""]
        said = [line.strip() for line in lines if not line.startswith("  next: ")]
        return Finding(name, False, "; ".join(said), error.next_step or None), error.exit_code
