"""Lineage, judged by the types of OpenLineage's own client and held against the platform file and the warehouse."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Union, get_args, get_origin, get_type_hints

import attr
import pytest
from openlineage.client import generated
from openlineage.client.generated.base import BaseFacet, EventType, RunEvent

from liandao.observe.ending import end_run
from liandao.observe.events import read_events
from liandao.observe.lineage import FOLDER, lineage_of, write_lineage
from liandao.settings import Settings
from tests.liandao.observe.conftest import AWAY, TOLD_AT_ONCE
from tests.liandao.observe.listeners import listening
from tests.liandao.observe.test_notify import configure
from tests.projects import PLATFORM
from warehouse import reader


@cache
def facet_types() -> Mapping[str, type]:
    """What each facet's schema names -> its type in the client."""
    modules = [import_module(f"{generated.__name__}.{m.name}") for m in iter_modules(generated.__path__)]
    kinds = [k for m in modules for k in vars(m).values() if isinstance(k, type) and issubclass(k, BaseFacet)]
    return {k._get_schema(): k for k in kinds}


def accept(kind: Any, value: Any) -> None:
    """Raise unless the client's type holds the value: every key known and of its type, none missing."""
    parts = get_args(kind)
    if get_origin(kind) in (Union, types.UnionType):
        if value is not None:
            accept(next(p for p in parts if p is not type(None)), value)
    elif get_origin(kind) in (list, dict):
        for part in value if get_origin(kind) is list else value.values():
            accept(parts[-1], part)
    elif attr.has(kind):
        _accept_object(facet_types()[value["_schemaURL"]] if "_schemaURL" in value else kind, value)
    elif kind is EventType:
        EventType(value)
    elif kind is not Any:
        assert isinstance(value, kind), (kind, value)


def _accept_object(kind: Any, value: Mapping[str, Any]) -> None:
    hints, known = get_type_hints(kind), {f.name: f for f in attr.fields(kind)}
    assert value.keys() <= known.keys(), (kind, value.keys() - known.keys())
    given = {f.alias: value[n] for n, f in known.items() if n in value and f.init}
    kind(**given)  # what is required, and the client's own validators
    for name, part in value.items():
        accept(hints[name], part)


def rows(settings: Settings, text: str) -> list[Any]:
    with reader.connect(settings.home) as con:
        return con.execute(text).fetchall()


def test_a_run_as_the_client_of_openlineage_reads_it(bureau: Settings, run_ids: list[str]) -> None:
    told = lineage_of(bureau, run_ids[0])
    for event in told:
        accept(RunEvent, event)
    for wrong in (told[0] | {"eventTime": "today"}, told[0] | {"run": {}}, told[0] | {"note": 1}):
        with pytest.raises((AssertionError, ValueError, TypeError)):
            accept(RunEvent, wrong)
    assert [(e["job"]["name"], e["eventType"]) for e in told] == [
        ("unify", "START"), ("unify", "COMPLETE"),
        (f"ingest.{PLATFORM}", "START"), (f"ingest.{PLATFORM}", "COMPLETE"),
        (f"ingest.{AWAY}", "START"), (f"ingest.{AWAY}", "COMPLETE"),
    ]  # fmt: skip
    assert all(a["eventTime"] <= b["eventTime"] for a, b in zip(told[::2], told[1::2], strict=True))


def test_a_column_is_followed_from_the_platform_to_the_warehouse(bureau: Settings) -> None:
    assert bureau.project is not None
    events = json.loads((bureau.project / TOLD_AT_ONCE).read_text(encoding="utf-8"))
    told = {(e["job"]["name"], e["eventType"]): e for e in events}
    read, unified = told[f"ingest.{PLATFORM}", "COMPLETE"], told["unify", "COMPLETE"]
    (core,), (source,) = read["outputs"], read["inputs"]
    (field,) = core["facets"]["columnLineage"]["fields"]["occurred_at"]["inputFields"]
    assert (field["namespace"], field["name"], field["field"]) == (source["namespace"], "log_*.csv", "at")
    assert "at" in {f["name"] for f in source["facets"]["schema"]["fields"]}
    facts = {d["name"]: d for d in unified["outputs"]}
    (field,) = facts["warehouse.fact_usage"]["facets"]["columnLineage"]["fields"]["occurred_at"]["inputFields"]
    assert (field["name"], field["field"]) == (core["name"], "occurred_at")
    assert core["name"] in {d["name"] for d in unified["inputs"]}
    assert source["inputFacets"]["inputStatistics"]["rowCount"] == 3
    assert core["outputFacets"]["outputStatistics"]["rowCount"] == 3
    written = facts["warehouse.fact_usage"]["outputFacets"]["outputStatistics"]["rowCount"]
    assert [(written,)] == rows(bureau, "SELECT count(*) FROM warehouse.fact_usage")
    held = rows(bureau, "SELECT column_name FROM duckdb_columns() WHERE table_name = 'fact_form'")
    fields = facts["warehouse.fact_form"]["facets"]["columnLineage"]["fields"]
    assert fields.keys() == {name for (name,) in held}
    assert fields["cert_no"]["inputFields"][0]["transformations"][0]["masking"] is True


def test_what_failed_and_what_did_not_move(bureau: Settings, run_ids: list[str]) -> None:
    told = {(e["job"]["name"], e["eventType"]): e for e in lineage_of(bureau, run_ids[1])}
    away = f"ingest.{AWAY}"
    assert set(told) == {("unify", "START"), ("unify", "COMPLETE"), (away, "START"), (away, "FAIL")}
    assert told[f"ingest.{AWAY}", "FAIL"]["run"]["facets"]["errorMessage"]["message"] == "LD-2001"
    assert lineage_of(bureau, "r0") == []


def test_it_is_kept_in_the_home_and_sent_where_the_deployment_says(
    bureau: Settings, run_ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening() as server:
        configure(bureau, monkeypatch, {"catalogue": f"{server.address}/api/v1/lineage", "key": "t0"})
        text = (bureau.home / "deployment.yml").read_text(encoding="utf-8")
        (bureau.home / "deployment.yml").write_text(f"{text}lineage: {{address: catalogue, token: key}}\n", "utf-8")
        end_run(bureau, run_ids[1])
        (path,) = (bureau.home / FOLDER).glob("*.jsonl")
        kept = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert [body for _, _, body in server.came] == kept
        assert {(p, h["Authorization"]) for p, h, _ in server.came} == {("/api/v1/lineage", "Bearer t0")}
        server.answer = (503, {}, {})
        assert write_lineage(bureau, run_ids[1]) == len(kept) == 4
    assert [e["error_code"] for e in read_events(bureau.home) if e["kind"] == "lineage.failed"] == ["LD-5001"]
