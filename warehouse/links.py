"""What matching reads from a build and what it writes into it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from schemas.catalogue import tables
from schemas.columns import table_meta
from warehouse import places
from warehouse.build import Build
from warehouse.queries import guarded, query
from warehouse.structure import literal, replace_table


def records_to_match(build: Build) -> pa.Table:
    """Every person record (columns of ``link_person_record``), ordered by record id."""
    with guarded("person records"):
        return build.con.execute("SELECT * FROM vault.link_person_record ORDER BY record_id").to_arrow_table()


def cases_to_match(build: Build) -> pa.Table:
    """Every case: columns of ``core_case``, ``person_id`` (of the form that opened it), that person's ``household_no``
    and ``address``; ordered by record id.

    Call after :func:`write_persons`.
    """
    with guarded("cases"):
        return build.con.execute(query("cases_to_match")).to_arrow_table()


def tickets_to_match(build: Build) -> pa.Table:
    """Every ticket: columns of ``core_ticket`` and ``person_id`` of the caller, ordered by record id.

    Call after :func:`write_persons`.
    """
    with guarded("tickets"):
        return build.con.execute(query("tickets_to_match")).to_arrow_table()


def case_ids(build: Build) -> pa.Array:
    """Record id of every case."""
    with guarded("cases"):
        return build.con.execute("SELECT record_id FROM vault.core_case").to_arrow_table()["record_id"].combine_chunks()


def previous_links(build: Build, name: str) -> pa.Table | None:
    """A link table as published in the generation before; None before the first generation (or its declaration).

    Read from the published file, not from the build, so that matching again gives the same answer.
    """
    folder = places.current_folder(build.home)
    if folder is None or build.generation == 1:
        return None
    tier = table_meta(tables()[name]).tier
    with guarded(f"previous {name}"):
        build.con.execute(f"ATTACH {literal(str(folder / places.FILES[tier]))} AS previous (READ_ONLY)")
        held = "SELECT 1 FROM duckdb_tables() WHERE database_name = 'previous' AND table_name = ?"
        try:
            if build.con.execute(held, [name]).fetchone() is None:
                return None  # published by a version that did not declare it
            return build.con.execute(f"SELECT * FROM previous.{name}").to_arrow_table()  # noqa: S608 (a declared name)
        finally:
            build.con.execute("DETACH previous")


def register_before(build: Build) -> Path | None:
    """The published register of matching, from which the build's goes on; None where there is none."""
    folder = None if build.generation == 1 else places.current_folder(build.home)
    return None if folder is None else places.register_folder(folder)


def write_persons(build: Build, links: pa.Table, pairs: pa.Table, review: pa.Table, persons: pa.Table) -> None:
    """Replace ``link_person``, ``link_person_pair``, ``link_review`` and ``dim_person``."""
    results = {"link_person": links, "link_person_pair": pairs, "link_review": review, "dim_person": persons}
    with guarded("persons"):
        for name, rows in results.items():
            replace_table(build.con, name, rows)


def write_matters(build: Build, links: pa.Table, pairs: pa.Table, review: pa.Table) -> None:
    """Replace ``link_matter``, ``link_matter_pair`` and ``link_matter_review``."""
    results = {"link_matter": links, "link_matter_pair": pairs, "link_matter_review": review}
    with guarded("matters"):
        for name, rows in results.items():
            replace_table(build.con, name, rows)


def write_tickets(build: Build, links: pa.Table, pairs: pa.Table) -> None:
    """Replace ``link_ticket`` and ``link_ticket_pair``."""
    with guarded("tickets"):
        for name, rows in {"link_ticket": links, "link_ticket_pair": pairs}.items():
            replace_table(build.con, name, rows)


def write_decisions(build: Build, decisions: pa.Table) -> None:
    """Replace ``link_decision``: the generation's copy of the ledger."""
    with guarded("decisions"):
        replace_table(build.con, "link_decision", decisions)


def let_decisions_wait(build: Build) -> int:
    """Mark the decisions in force whose *same* matching could not obey, which wait; returns how many.

    Call when ``link_person`` and ``link_decision`` are written, before the history.
    """
    with guarded("decisions"):
        return len(build.con.execute(query("decisions_waiting")).fetchall())
