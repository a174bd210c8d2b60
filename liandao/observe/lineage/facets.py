"""Facets of OpenLineage, as plain data: what its published JSON Schemas ask for, with the version that each follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from liandao import __version__

PRODUCER = f"urn:liandao:{__version__}"
SPEC = "https://openlineage.io/spec"
RUN_EVENT = f"{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
VERSIONS = {
    "SchemaDatasetFacet": "1-2-0",
    "ColumnLineageDatasetFacet": "1-2-0",
    "InputStatisticsInputDatasetFacet": "1-0-0",
    "OutputStatisticsOutputDatasetFacet": "1-0-2",
    "DataQualityAssertionsDatasetFacet": "1-1-0",
    "ErrorMessageRunFacet": "1-0-1",
    "ParentRunFacet": "1-2-0",
}
Json = dict[str, Any]


def _facet(name: str, **content: Any) -> Json:
    about = {"_producer": PRODUCER, "_schemaURL": f"{SPEC}/facets/{VERSIONS[name]}/{name}.json#/$defs/{name}"}
    return about | content


def schema(fields: Iterable[Mapping[str, str]]) -> Json:
    """Columns of a dataset: ``name``, and ``type`` and ``description`` where they are known."""
    return {"schema": _facet("SchemaDatasetFacet", fields=[dict(field) for field in fields])}


def column_lineage(fields: Mapping[str, list[Json]]) -> Json:
    """Column -> the columns that it is made from (see :func:`made_from`)."""
    made = {name: {"inputFields": inputs} for name, inputs in fields.items()}
    return {"columnLineage": _facet("ColumnLineageDatasetFacet", fields=made)}


def made_from(namespace: str, name: str, field: str, subtype: str, *, masking: bool = False) -> Json:
    """One column that another is made from. ``subtype``: IDENTITY or TRANSFORMATION (direct), JOIN (indirect)."""
    kind = "INDIRECT" if subtype == "JOIN" else "DIRECT"
    how = {"type": kind, "subtype": subtype, "masking": masking}
    return {"namespace": namespace, "name": name, "field": field, "transformations": [how]}


def rows_read(count: int) -> Json:
    """How many rows were taken from an input."""
    return {"inputStatistics": _facet("InputStatisticsInputDatasetFacet", rowCount=count)}


def rows_written(count: int) -> Json:
    """How many rows were written to an output."""
    return {"outputStatistics": _facet("OutputStatisticsOutputDatasetFacet", rowCount=count)}


def assertions(told: list[Json]) -> Json:
    """Checks of a dataset and whether they held."""
    return {"dataQualityAssertions": _facet("DataQualityAssertionsDatasetFacet", assertions=told)}


def error(code: str) -> Json:
    """Why a run failed: its code alone."""
    return {"errorMessage": _facet("ErrorMessageRunFacet", message=code, programmingLanguage="Python")}


def parent(run_id: str, namespace: str, name: str) -> Json:
    """The run that another is part of."""
    return {"parent": _facet("ParentRunFacet", run={"runId": run_id}, job={"namespace": namespace, "name": name})}
