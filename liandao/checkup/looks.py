"""Every look of the doctor by the name that it shows, in the order of the screen."""

from __future__ import annotations

from collections.abc import Callable

from liandao.checkup import home as of_home
from liandao.checkup import machine, network
from liandao.settings import Settings

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
