"""What a task writes into its log for people: what was read, how much, what was refused, what to run next.

Counts and ids only. Short lines: Airflow shows one log line as one line.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from dags.policy import Receipt

LOG = logging.getLogger(__name__)
logging.getLogger("great_expectations").setLevel(logging.WARNING)  # its lines are about its own folders


def ingested(receipt: Receipt) -> None:
    """Tell what became of one platform's rows."""
    platform_id = receipt["platform_id"]
    if not receipt["batch_id"]:
        LOG.info("%s 没有新数据 nothing new", platform_id)
        return
    LOG.info("%s 批次 batch %s", platform_id, receipt["batch_id"])
    LOG.info("读取 extracted %d，落地 landed %d", receipt["extracted"], receipt["landed"])
    fates = receipt["accepted"], receipt["quarantined"], receipt["dropped"]
    LOG.info("接收 accepted %d，隔离 quarantined %d，剔除 dropped %d", *fates)
    if receipt["quarantined"]:
        LOG.warning("隔离的行及原因 why rows were quarantined: liandao balance --json")


def probed(stream: str, detail: str, *, passed: bool) -> None:
    """Tell one answer of a platform that was only looked at."""
    LOG.log(logging.INFO if passed else logging.ERROR, "%s %s: %s", "✓" if passed else "✗", stream, detail)


def judged(receipt: Receipt) -> None:
    """Tell what the gate of a line found."""
    if not receipt["batch_ids"]:
        LOG.info("没有待判定的批次 no batch waits to be judged")
        return
    batches, rules = len(receipt["batch_ids"]), receipt["evaluated"]
    LOG.info("判定 judged: %d 批 batches, %d 条规则 rules", batches, rules)
    for rule in receipt["failed_warn"]:
        LOG.warning("提示 warn: %s", rule)
    for rule in receipt["failed_stop"]:
        LOG.error("拦截 stop: %s", rule)
    if receipt["failed_stop"]:
        LOG.error("这些批次不入库 these batches stay out: liandao batch list")


def missing(platform_ids: Iterable[str]) -> None:
    """Tell which platforms gave nothing, and how to see why."""
    for platform_id in platform_ids:
        LOG.warning("未读到 not read: %s；下一步 next: liandao check %s", platform_id, platform_id)


def built(receipt: Receipt) -> None:
    """Tell what a step of the generation under construction counted."""
    LOG.info("%s %s, %.1f s", receipt["run_id"], receipt["step"], receipt["seconds"])
    for name, number in receipt["counts"].items():
        LOG.info("%s: %d", name, number)
    for name, why in receipt["problems"].items():
        LOG.warning("略去 left out %s: %s", name, why)
