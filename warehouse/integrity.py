"""The last checks before publishing: what every generation must satisfy, whoever built it."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from schemas import ddl
from schemas.catalogue import tables
from schemas.columns import table_meta
from schemas.errors import StoreError
from schemas.streams import fact_sources
from warehouse.build import Build
from warehouse.history import LINEAGES, broken_histories
from warehouse.queries import guarded, query

ORPHANS = (
    ("warehouse.link_person", "vault.link_person_record", "a person link without its record"),
    ("vault.link_person_record", "warehouse.link_person", "a person record without a person"),
    ("warehouse.link_matter", "vault.core_case", "a matter link without its case"),
    ("vault.core_case", "warehouse.link_matter", "a case without a matter"),
    ("warehouse.link_ticket", "vault.core_ticket", "a ticket link without its ticket"),
    ("vault.core_entry_event", "vault.core_form", "an entry event without its form"),
)
"""(table, table that must hold its record ids, what it is called)."""


def check_integrity(build: Build) -> None:
    """Raise StoreError naming every broken law: unique keys, complete facts, no orphan links, histories that add up."""
    with guarded("integrity checks"):
        broken = [*_double_keys(build.con), *_uneven_facts(build.con), *_orphans(build.con), *_broken_histories(build)]
    if broken:
        raise StoreError(
            f"{len(broken)} integrity check(s) failed; nothing was published",
            where=f"generation {build.generation}",
            expected="unique keys, complete facts, no orphans, histories that add up",
            found="; ".join(broken),
            next_step="this is a fault of the program: keep the home and report it",
        )


def _double_keys(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    derived = {source.fact.name for source in fact_sources()}  # as many rows as their core, whose keys are checked
    for tab in tables().values():
        if tab.name in derived:
            continue
        key = ", ".join(map(ddl.identifier, table_meta(tab).key))
        doubled = _count(con, query("double_keys", table=ddl.qualified(tab), key=key))
        if doubled:
            yield f"{tab.name}: {doubled} key(s) more than once"


def _uneven_facts(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    for source in fact_sources():
        held, made = (_count(con, query("count_rows", table=ddl.qualified(t))) for t in (source.core, source.fact))
        if held != made:
            yield f"{source.fact.name}: {made} rows for {held} of {source.core.name}"


def _orphans(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    for table, holder, title in ORPHANS:
        count = _count(con, query("orphans", table=table, holder=holder))
        if count:
            yield f"{count} x {title}"


def _broken_histories(build: Build) -> Iterator[str]:
    """Every surrogate ever given lives, was merged into one that lives, or was retired: births less ends says which."""
    for kind in LINEAGES:
        count = broken_histories(build, kind)
        if count:
            yield f"{count} {kind}(s) whose history does not add up"


def _count(con: duckdb.DuckDBPyConnection, text: str) -> int:
    row = con.execute(text).fetchone()
    return int(row[0]) if row else 0
