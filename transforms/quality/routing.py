"""Routing: what happens to each row, once the bits of its broken rules are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from schemas.rules import Severity
from transforms.quality.rowchecks import Check

Bits = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True)
class Routing:
    """Where the rows of one stream go. ``accepted`` and ``aside``: row numbers. ``bits``: broken rules of the rows set
    aside, aligned with ``aside``. Counts are per reason code: of the deciding rule for rows set aside, of every flag
    for accepted rows."""

    accepted: Bits
    aside: Bits
    bits: Bits
    quarantined: dict[str, int]
    dropped: dict[str, int]
    flagged: dict[str, int]


def route(bits: Bits, checks: tuple[Check, ...]) -> Routing:
    """Decide on every row: the first broken rule that drops, else the first that quarantines, else accepted."""
    deciding = _bits_of(checks, Severity.DROP) | _bits_of(checks, Severity.QUARANTINE)
    is_aside = (bits & deciding) != 0
    aside, accepted = np.flatnonzero(is_aside), np.flatnonzero(~is_aside)
    quarantined, dropped = _count_deciding(bits[aside], checks)
    return Routing(accepted, aside, bits[aside], quarantined, dropped, _count_flags(bits[accepted], checks))


def reasons(bits: Bits, checks: tuple[Check, ...]) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Disposition code, deciding reason and every reason (comma-separated) of each row set aside."""
    distinct, at = np.unique(bits, return_inverse=True)
    decided = [deciding_check(int(b), checks) for b in distinct]
    columns = (
        ["drop" if c.severity is Severity.DROP else "quarantine" for c in decided],
        [c.code for c in decided],
        [",".join(c.code for i, c in enumerate(checks) if int(b) >> i & 1) for b in distinct],
    )
    disposition, first, every = (pa.array(values, pa.string()).take(pa.array(at)) for values in columns)
    return disposition, first, every


def deciding_check(bits: int, checks: tuple[Check, ...]) -> Check:
    """The rule that decides about a row with these broken rules, none of which is a mere flag alone."""
    broken = [c for i, c in enumerate(checks) if bits >> i & 1]
    order = {Severity.DROP: 0, Severity.QUARANTINE: 1, Severity.FLAG: 2}
    return min(broken, key=lambda c: order[c.severity])


def _bits_of(checks: tuple[Check, ...], severity: Severity) -> int:
    return sum(1 << i for i, c in enumerate(checks) if c.severity is severity)


def _count_deciding(bits: Bits, checks: tuple[Check, ...]) -> tuple[dict[str, int], dict[str, int]]:
    counts: dict[Severity, dict[str, int]] = {Severity.QUARANTINE: {}, Severity.DROP: {}}
    for pattern, rows in zip(*np.unique(bits, return_counts=True), strict=True):
        check = deciding_check(int(pattern), checks)
        found = counts[check.severity]
        found[check.code] = found.get(check.code, 0) + int(rows)
    return counts[Severity.QUARANTINE], counts[Severity.DROP]


def _count_flags(bits: Bits, checks: tuple[Check, ...]) -> dict[str, int]:
    broken = int(np.bitwise_or.reduce(bits, initial=0))
    return {c.code: int(np.count_nonzero(bits >> i & 1)) for i, c in enumerate(checks) if broken >> i & 1}
