"""The history of surrogates: what became of each id from one generation to the next, appended and never rewritten.

Derived from two link tables, the published one and the one just matched, so that it can't differ from what readers see.
The events of earlier generations are carried from the published files; matching a build again replaces its own events
only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlalchemy import Table

from schemas import ddl
from schemas.catalogue import tables
from schemas.columns import Tier, table_meta
from warehouse import places
from warehouse.build import Build
from warehouse.queries import guarded, query
from warehouse.structure import literal

PREVIOUS = {Tier.VAULT: "previous_vault", Tier.WAREHOUSE: "previous"}
"""Catalogues of the published files while they are attached."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """The tables of one kind of surrogate. ``prefix``: how the ids of its events begin."""

    kind: str
    prefix: str

    @property
    def entity(self) -> str:
        """The column of its surrogate."""
        return f"{self.kind}_id"

    @property
    def links(self) -> Table:
        """Record -> surrogate."""
        return tables()[f"link_{self.kind}"]

    @property
    def events(self) -> Table:
        """What happened to surrogates."""
        return tables()[f"link_{self.kind}_event"]

    @property
    def records(self) -> Table:
        """The records that events concerned."""
        return tables()[f"link_{self.kind}_event_record"]

    @property
    def pairs(self) -> Table:
        """Scored pairs of records."""
        return tables()[f"link_{self.kind}_pair"]

    def names(self) -> dict[str, str]:
        """What the statements of this module call these tables."""
        tables = {"links": self.links, "events": self.events, "records": self.records, "pairs": self.pairs}
        return {"entity": ddl.identifier(self.entity)} | {name: ddl.qualified(tab) for name, tab in tables.items()}


LINEAGES = {kind: Lineage(kind, prefix) for kind, prefix in (("person", "PE"), ("matter", "ME"))}


def read_past(build: Build, kind: str) -> tuple[pa.Array, pa.Table]:
    """Ids given in earlier generations that nobody has now, and the records (``record_id``, ``entity_id``) of those
    among them that were merged away. Both empty before the second generation."""
    lineage = LINEAGES[kind]
    with guarded(f"history of {kind}s"), _previous(build) as held:
        if lineage.events.name not in held or lineage.records.name not in held:
            empty = pa.schema([pa.field(n, pa.string()) for n in ("record_id", "entity_id")]).empty_table()
            return pa.array([], pa.string()), empty
        tables = {"links": lineage.links, "events": lineage.events, "records": lineage.records}
        names = lineage.names() | {name: _published(tab) for name, tab in tables.items()}
        ended = build.con.execute(query("history_ended", **names)).to_arrow_table()["entity_id"].combine_chunks()
        return ended, build.con.execute(query("history_merged", **names)).to_arrow_table()


def write_history(build: Build, kind: str) -> dict[str, int]:
    """Append what this generation changed to the history of ``kind``; returns events by code.

    Call when the link table of the kind and ``link_decision`` are written.
    """
    lineage = LINEAGES[kind]
    with guarded(f"history of {kind}s"):
        _carry(build, lineage)
        for name in ("history_move", "history_change"):
            build.con.execute(query(name, **lineage.names()))
        build.con.execute(query("history_ruled", **lineage.names()), {"kind": kind})
        words: dict[str, Any] = {"generation": build.generation, "run_id": build.run_id, "prefix": lineage.prefix}
        build.con.execute(query("history_events", **lineage.names()), words | {"started_at": build.started_at})
        text = query("history_event_records", **lineage.names())
        build.con.execute(text, {"generation": build.generation})
        found = build.con.execute("SELECT event_code, count(*) FROM change GROUP BY ALL ORDER BY ALL").fetchall()
    return {code: int(count) for code, count in found}


def broken_histories(build: Build, kind: str) -> int:
    """How many surrogates have a history that does not add up to whether they live."""
    row = build.con.execute(query("history_law", **LINEAGES[kind].names())).fetchone()
    return int(row[0]) if row else 0


def _carry(build: Build, lineage: Lineage) -> None:
    """Start from the published history, whatever an earlier attempt of this run has left, and from its links."""
    with _previous(build) as held:
        for tab in (lineage.events, lineage.records):
            build.con.execute(query("truncate", table=ddl.qualified(tab)))
            if tab.name in held:
                columns = ddl.column_list(tab)
                text = query("insert_rows", table=ddl.qualified(tab), columns=columns, source=_published(tab))
                build.con.execute(text)
        links = _published(lineage.links) if lineage.links.name in held else f"{ddl.qualified(lineage.links)} LIMIT 0"
        build.con.execute(query("history_before", entity=lineage.names()["entity"], links=links))


@contextmanager
def _previous(build: Build) -> Iterator[set[str]]:
    """The published files attached, read-only, as catalogues of :data:`PREVIOUS`; the names of their tables."""
    folder = None if build.generation == 1 else places.current_folder(build.home)
    if folder is None:
        yield set()
        return
    for tier, name in PREVIOUS.items():
        build.con.execute(f"ATTACH {literal(str(folder / places.FILES[tier]))} AS {name} (READ_ONLY)")
    try:
        text = "SELECT table_name FROM duckdb_tables() WHERE database_name IN ('previous', 'previous_vault')"
        yield {name for (name,) in build.con.execute(text).fetchall()}
    finally:
        for name in PREVIOUS.values():
            build.con.execute(f"DETACH {name}")


def _published(tab: Table) -> str:
    return f"{PREVIOUS[table_meta(tab).tier]}.{ddl.identifier(tab.name)}"
