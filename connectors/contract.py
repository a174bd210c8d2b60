"""What a source promised: its fields and its size. Checked on every unit, before a row of it is landed."""

from __future__ import annotations

import logging
from collections import Counter

import pyarrow as pa

from schemas.errors import ContractBroken, SourceMalformed
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
        """Every mapped field is there, every field that is there is mapped or ignored by name.

        Raises ContractBroken naming fields (never values), SourceMalformed when a name occurs twice.
        """
        twice = [n for n, count in Counter(names).items() if count > 1]
        if twice:
            raise SourceMalformed("a field occurs twice", where=f"{self.where} {unit}", found=_list(twice))
        missing = [n for n in self.stream.fields if n not in names]
        unknown = [n for n in names if n not in self.stream.fields and n not in self.stream.ignore]
        if missing:
            raise ContractBroken(
                "a mapped field is missing",
                where=f"{self.where} {unit}",
                expected=_list(missing),
                found=f"{len(names)} fields, not these" + (f"; new: {_list(unknown)}" if unknown else ""),
                next_step="ask the platform's owner whether it was renamed; correct `fields`, then check again",
            )
        if unknown:
            raise ContractBroken(
                "a field is neither mapped nor ignored",
                where=f"{self.where} {unit}",
                expected="every field under `fields` or `ignore`",
                found=_list(unknown),
                next_step="map it or add it to `ignore` in the platform file",
            )

    def check_size(self, extracted: int, landed_before: int) -> None:
        """Below the floor stops (ContractBroken), above the ceiling warns in the log."""
        floor, ceiling = self.stream.expect.floor, self.stream.expect.ceiling
        if extracted + landed_before < floor:
            raise ContractBroken(
                "fewer rows than the declared floor",
                where=self.where,
                expected=f"at least {floor} in all",
                found=f"{extracted} now, {landed_before} before",
                next_step="find out why the platform answers less; lower the floor only if that is right",
            )
        if extracted > ceiling:
            LOG.warning(
                "%s: %d rows in one batch, more than the declared ceiling of %d", self.where, extracted, ceiling
            )

    def aligned(self, table: pa.Table) -> pa.Table:
        """The contract's fields in the contract's order; an ignored field that is absent becomes null."""
        have = set(table.column_names)
        nothing = pa.nulls(table.num_rows, pa.string())
        return pa.table({name: table.column(name) if name in have else nothing for name in self.fields})


def _list(names: list[str]) -> str:
    shown = ", ".join("".join(c for c in n[:60] if c.isprintable()) for n in names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
