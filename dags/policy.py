"""When a run counts as failed although the flow went on: plain rules on receipts, without Airflow.

A platform that fails must not stop the others, so the tasks after it run whatever became of it. Without a verdict at
the end such a run would be green.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Receipt = Mapping[str, Any]
"""A receipt of a step as plain data (``schemas.receipts.Receipt.to_dict``)."""


def missing_platforms(expected: Iterable[str], received: Iterable[Receipt | None]) -> list[str]:
    """Platforms that gave no receipt, in the order expected."""
    read = {receipt["platform_id"] for receipt in received if receipt}
    return [platform_id for platform_id in expected if platform_id not in read]


def ingest_reasons(missing: list[str], gate: Receipt | None, *, tolerated: int) -> list[str]:
    """Why an ingest run of one line failed; empty when it did not.

    ``missing``: platforms without a receipt; ``gate``: receipt of the line's gate, None when the gate itself broke.
    """
    reasons = []
    if len(missing) > tolerated:
        reasons.append(f"{len(missing)} platform(s) not read, {tolerated} tolerated: {', '.join(missing)}")
    if gate is None:
        reasons.append("the gate did not judge")
    elif not gate["passed"]:
        reasons.append(f"the gate stopped the line: {', '.join(gate['failed_stop'])}")
    return reasons


def unify_reasons(failed: list[str], steps: Mapping[str, Receipt | None], *, tolerated: int) -> list[str]:
    """Why a unify run failed; empty when it did not.

    ``failed``: platforms whose last attempt failed; ``steps``: step -> receipt, None when the step did not end well.
    """
    reasons = [f"step {name} did not end well" for name, receipt in steps.items() if receipt is None]
    problems = (r.get("problems", {}) for r in steps.values() if r is not None)
    reasons += [f"measure {name} was left out: {why}" for found in problems for name, why in found.items()]
    if len(failed) > tolerated:
        reasons.append(f"{len(failed)} platform(s) stale, {tolerated} tolerated: {', '.join(failed)}")
    return reasons
