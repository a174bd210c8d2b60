"""Datasets of lineage, from what the project and the program declare: what a platform has, the vault's tables, facts.

Names: ``liandao://PROJECT`` holds ``vault.core_form`` and ``warehouse.fact_form``; ``liandao://PROJECT/PLATFORM`` holds
what a platform sends, by the name that its file has for it (a resource, a table, a pattern of files).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table

from liandao.observe.lineage import facets
from liandao.observe.lineage.facets import Json, made_from
from schemas import ddl
from schemas.columns import Mask, meta_of, table_meta
from schemas.facts import FactSource, fact_column_name
from schemas.platform_file import Platform, StreamFile
from schemas.receipts import ConformedStream, LandedStream
from schemas.streams import fact_sources, stream_tables

PLAIN = (None, Mask.YEAR)
"""Masks that leave a value that is not masked: none, and a date's year."""


def source_dataset(namespace: str, platform: Platform, landed: LandedStream, conformed: ConformedStream) -> Json:
    """What was read of one stream, with its fields, its rows, and the row checks that did not hold."""
    stream = platform.file.streams[landed.stream]
    told = {"facets": facets.schema({"name": field} for field in landed.fields)}
    checked = facets.assertions([*_assertions(stream, conformed)])
    return _source(namespace, platform, stream) | told | {"inputFacets": facets.rows_read(landed.landed) | checked}


def _source(namespace: str, platform: Platform, stream: StreamFile) -> Json:
    return {"namespace": f"{namespace}/{platform.platform_id}", "name": stream.source}


def _assertions(stream: StreamFile, conformed: ConformedStream) -> list[Json]:
    """Each row check that rows broke, at the field that it judges; one that all hold where none did."""
    stopped = [_assertion(stream, reason, rows, "error") for reason, rows in conformed.quarantined.items()]
    others = (conformed.dropped | conformed.flagged).items()
    broken = [*stopped, *(_assertion(stream, reason, rows, "warn") for reason, rows in others)]
    return broken or [{"assertion": "row_checks", "success": True}]


def _assertion(stream: StreamFile, reason: str, rows: int, severity: str) -> Json:
    column, _, rule = reason.split(".", 1)[-1].partition(".")
    fields = [field for field, canonical in stream.fields.items() if canonical == column]
    about = {"assertion": rule or reason, "success": False, "severity": severity, "name": reason, "actual": str(rows)}
    return about | ({"column": fields[0]} if fields else {})


def core_dataset(namespace: str, platform: Platform, landed: LandedStream, conformed: ConformedStream) -> Json:
    """The vault's table that one stream fills: which of its columns come from which field, and the rows accepted."""
    stream, table = platform.file.streams[landed.stream], stream_tables()[landed.stream]
    source = _source(namespace, platform, stream)
    made = {}
    for field, column in stream.fields.items():
        if column in table.columns:
            subtype = "TRANSFORMATION" if column in stream.codes or column in stream.formats else "IDENTITY"
            made[column] = [made_from(source["namespace"], source["name"], field, subtype)]
    told = {"facets": _schema(table) | facets.column_lineage(made)}
    return _table(namespace, table) | told | {"outputFacets": facets.rows_written(conformed.accepted)}


def core_inputs(namespace: str) -> list[Json]:
    """The vault's tables that facts are made from."""
    return [_table(namespace, table) | {"facets": _schema(table)} for table in stream_tables().values()]


def fact_outputs(namespace: str, rows: Mapping[str, int]) -> list[Json]:
    """Every fact table with its columns and what each is made from. ``rows``: rows by table, where they are known."""
    return [_fact(namespace, source, rows) for source in fact_sources()]


def _fact(namespace: str, source: FactSource, rows: Mapping[str, int]) -> Json:
    core, made = _table(namespace, source.core), {}
    for col in source.core.columns:
        mask = meta_of(col).mask
        if mask is not Mask.DROP:
            subtype = "IDENTITY" if mask is None else "TRANSFORMATION"
            field = made_from(core["namespace"], core["name"], col.name, subtype, masking=mask not in PLAIN)
            made[fact_column_name(col)] = [field]
    for surrogate in source.surrogates:
        if surrogate.column in source.core.columns:
            made[surrogate.name] = [made_from(core["namespace"], core["name"], surrogate.column, "JOIN")]
    written = {"outputFacets": facets.rows_written(rows[source.fact.name])} if source.fact.name in rows else {}
    told = {"facets": _schema(source.fact) | facets.column_lineage(made)}
    return _table(namespace, source.fact) | told | written


def _table(namespace: str, table: Table) -> dict[str, Any]:
    return {"namespace": namespace, "name": f"{table_meta(table).tier.value}.{table.name}"}


def _schema(table: Table) -> Json:
    return facets.schema(
        {"name": c.name, "type": ddl.column_type(c), "description": f"{meta_of(c).zh} {meta_of(c).en}"}
        for c in table.columns
    )
