"""Decisions meet the flow: what the ledger says is settled against the records of a generation before it is matched."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from schemas.decisions import KINDS, MATTER, PERSON, decision_table
from transforms.match.decisions import CONSTRAINT, settle, undone_claims, valid_numbers
from transforms.match.identity import CLAIM, Past
from warehouse.build import Build
from warehouse.decisions import read_decisions, require_complete
from warehouse.history import read_past
from warehouse.links import case_ids, previous_links, write_decisions


@dataclass(frozen=True, slots=True)
class Ruled:
    """What matching must obey: constraints by kind of record, and the past that ids are taken from."""

    constraints: dict[str, pa.Table]
    pasts: dict[str, Past]
    entries: int
    """How many entries of the ledger these are."""

    @property
    def persons(self) -> pa.Table:
        """Decisions in force on person records (:data:`transforms.match.decisions.CONSTRAINT`)."""
        return self.constraints.get(PERSON, CONSTRAINT.empty_table())

    @property
    def matters(self) -> pa.Table:
        """Decisions in force on cases."""
        return self.constraints.get(MATTER, CONSTRAINT.empty_table())

    def past(self, kind: str) -> Past:
        """The past of one kind of surrogate."""
        return self.pasts[kind]


def rule(build: Build, records: pa.Table) -> Ruled:
    """Settle the ledger on the records of a build and write it down as ``link_decision``.

    ``records``: every person record. Raises LedgerBroken when the ledger was altered or lacks what is published.
    """
    entries = read_decisions(build.home)
    require_complete(build.home, entries)
    decisions, constraints = decision_table(entries), {}
    known = {PERSON: records["record_id"].combine_chunks(), MATTER: case_ids(build)}
    for kind in KINDS:
        numbers = _numbers(records, decisions) if kind == PERSON else {}
        settled = settle(decisions, kind, known[kind], numbers)
        decisions, constraints[kind] = settled.decisions, settled.constraints
    write_decisions(build, decisions)
    before = previous_links(build, "link_decision")
    return Ruled(constraints, {kind: _past(build, kind, decisions, before) for kind in KINDS}, len(entries))


def _numbers(records: pa.Table, decisions: pa.Table) -> dict[str, int]:
    """Valid identity numbers of the records that somebody decided about."""
    named = pa.chunked_array([*decisions["left_id"].chunks, *decisions["right_id"].chunks], pa.string())
    about = records.filter(pc.is_in(records["record_id"], named.combine_chunks()))
    return valid_numbers(about) if about.num_rows else {}


def _past(build: Build, kind: str, decisions: pa.Table, before: pa.Table | None) -> Past:
    ended, merged = read_past(build, kind)
    return Past(ended, merged.cast(CLAIM), undone_claims(decisions, before, kind))
