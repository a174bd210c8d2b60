"""What a source promised: its fields and its size. Checked on every unit, before a row of it is landed."""

from __future__ import annotations

import logging
from collections import Counter

import pyarrow as pa

from schemas.errors import ContractBroken, SourceMalformed
from schemas.expect import Bound, RowsBefore
from schemas.platform_file import StreamFile

LOG = logging.getLogger(__name__)
_SHOWN = 12


class Contract:
    """One stream's promise. ``where`` is ``platform.stream``."""

    def __init__(self, where: str, stream: StreamFile) -> None:
        self.where, self.stream = where, stream
        self.fields = [*stream.fields, *stream.ignore]
        """Fields that are landed, in the order of the platform file."""

    def check_fields(self, names: list[str], unit: str) -> None:
        """Every mapped field is there unless it is optional, every field that is there is mapped or ignored by name.

        Raises ContractBroken naming fields (never values), SourceMalformed when a name occurs twice.
        """
        twice = [n for n, count in Counter(names).items() if count > 1]
        if twice:
            raise SourceMalformed("a field occurs twice", where=f"{self.where} {unit}", found=_list(twice))
        missing = [n for n in self.stream.fields if n not in names and n not in self.stream.optional]
        unknown = [n for n in names if n not in self.stream.fields and n not in self.stream.ignore]
        if missing:
            raise ContractBroken(
                "a mapped field is missing",
                where=f"{self.where} {unit}",
                expected=_list(missing),
                found=f"{len(names)} fields, not these" + (f"; new: {_list(unknown)}" if unknown else ""),
                next_step="ask the platform's owner whether it was renamed; correct `fields`, or name it under "
                "`optional` if it is left out when empty; then check again",
            )
        if unknown:
            raise ContractBroken(
                "a field is neither mapped nor ignored",
                where=f"{self.where} {unit}",
                expected="every field under `fields` or `ignore`",
                found=_list(unknown),
                next_step="map it or add it to `ignore` in the platform file",
            )

    def check_size(self, extracted: int, before: RowsBefore, *, is_full: bool) -> None:
        """Below the floor stops (ContractBroken), above the ceiling warns in the log.

        ``extracted``: rows of this batch; ``is_full``: they are all that the source has. A bound over a period is
        judged on the rows landed within it, this batch included, once the stream has been read for so long.
        """
        floor, ceiling = self.stream.expect.floor, self.stream.expect.ceiling
        rows = _rows_judged(floor, extracted, before) if floor and (floor.period or is_full) else None
        if floor and rows is not None and rows < floor.rows:
            raise ContractBroken(
                "fewer rows than the declared floor",
                where=self.where,
                expected=f"at least {floor}" + ("" if floor.period else " in a full read"),
                found=f"{rows} rows, {extracted} of them new now",
                next_step="find out why the platform answers less; lower the floor only if that is right",
            )
        rows = _rows_judged(ceiling, extracted, before) if ceiling else None
        if ceiling and rows is not None and rows > ceiling.rows:
            span = f"over one {ceiling.period}" if ceiling.period else "in one batch"
            LOG.warning("%s: %d rows %s, more than the declared ceiling of %s", self.where, rows, span, ceiling)

    def aligned(self, table: pa.Table) -> pa.Table:
        """The contract's fields in the contract's order; an ignored or optional field that is absent becomes null."""
        have = set(table.column_names)
        nothing = pa.nulls(table.num_rows, pa.string())
        return pa.table({name: table.column(name) if name in have else nothing for name in self.fields})


def _rows_judged(bound: Bound, extracted: int, before: RowsBefore) -> int | None:
    """The rows that a bound speaks of; None when it can't be judged yet."""
    if bound.period is None:
        return extracted
    return before.within.get(bound.period, 0) + extracted if before.covers(bound.period) else None


def _list(names: list[str]) -> str:
    shown = ", ".join("".join(c for c in n[:60] if c.isprintable()) for n in names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
