"""What an asset's event carries for whoever waits for it: numbers of receipts, nothing of any record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dags.policy import Receipt


def line_extra(receipts: Iterable[Receipt], missing: Sequence[str], read_at: Sequence[str]) -> dict[str, Any]:
    """Of a line that was judged: ``platforms_read`` and ``platforms_missing``; rows landed, accepted and refused
    (quarantined or dropped) of this run; ``oldest_read_at`` and ``newest_read_at``: when the platforms read were last
    read (ISO 8601), None when none was. ``read_at``: those times, oldest first."""
    rows = list(receipts)
    return {
        "platforms_read": len(rows),
        "platforms_missing": list(missing),
        "rows_landed": sum(r["landed"] for r in rows),
        "rows_accepted": sum(r["accepted"] for r in rows),
        "rows_refused": sum(r["quarantined"] + r["dropped"] for r in rows),
        "oldest_read_at": read_at[0] if read_at else None,
        "newest_read_at": read_at[-1] if read_at else None,
    }
