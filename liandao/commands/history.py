"""``liandao history``: what happened to a person, a matter or a record, and who it is now."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from liandao.options import HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import read_settings
from schemas.codes import code_lists
from schemas.errors import ConfigurationError
from schemas.tables.identity import MERGED, RETIRED
from warehouse.history import LINEAGES
from warehouse.review import ask, entities_of

HEADINGS = (
    "版本 gen.",
    "时间 at",
    "变更 event",
    "标识 id",
    "另一标识 other",
    "记录数 records",
    "判断 decision",
    "变更标识 event id",
)


def history(
    target: Annotated[str, typer.Argument(metavar="ID", help="人员、事件或记录标识 A person, matter or record id.")],
    home: HomeOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say who an id is now and what happened to it on the way: created, merged, split, restored, retired."""
    told = tell(read_settings(home, project).home, target)
    names = code_lists()["entity_event"]
    rows = [
        (
            e["generation"],
            f"{e['occurred_at']:%Y-%m-%d %H:%M}",
            " ".join(names[e["event_code"]]),
            e["entity_id"],
            e["other_id"] or "",
            e["record_count"],
            e["decision_id"] or "",
            e["event_id"],
        )
        for e in told["events"]
    ]
    title = f"{target} · {told['state_zh']} {told['state_en']}"
    answer(as_json, told, lambda: print_table(title, HEADINGS, rows, numbers=(0, 5)))


def tell(home: Path, target: str) -> dict[str, Any]:
    """``state`` (live, merged, retired), ``now`` (the id that its records have today), ``records`` and ``events``.

    Raises ConfigurationError for an id that was never given.
    """
    for kind in LINEAGES:
        if (named := [e for e in _events(home, kind, target) if e["event_id"] == target]):
            return _tell(home, kind, named[0]["entity_id"], None)
        if (of_record := entities_of(home, kind, [target])) or _is_known(home, kind, target):
            return _tell(home, kind, target, of_record.get(target))
    raise ConfigurationError(
        "this id was never given", where=target, expected="a person, matter or record id", next_step="liandao sql"
    )


def _is_known(home: Path, kind: str, target: str) -> bool:
    return bool(ask(home, kind, "entity_events", id=target).num_rows)


def _tell(home: Path, kind: str, target: str, entity: str | None) -> dict[str, Any]:
    now, via = _follow(home, kind, entity or target)
    records = ask(home, kind, "entity_records", id=now).num_rows if now else 0
    events = _events_of_record(home, kind, target) if entity else _events(home, kind, target)
    if now is None:
        state, zh, en = RETIRED, "已停用", "retired"
    elif now == target:
        state, zh, en = "live", f"有效，{records} 条记录", f"live, {records} records"
    elif entity:
        state, zh, en = "live", f"属于 {now}", f"belongs to {now}"
    else:
        state, zh, en = MERGED, f"已并入 {' → '.join(via)}", f"merged into {now}"
    said = {"id": target, "kind": kind, "state": state, "state_zh": zh, "state_en": en}
    return {**said, "now": now, "via": via, "records": records, "events": events}


def _follow(home: Path, kind: str, entity: str) -> tuple[str | None, list[str]]:
    """Who an id is today, and the ids on the way; None when it was retired."""
    via: list[str] = []
    while not ask(home, kind, "entity_records", id=entity).num_rows:
        own = [e for e in _events(home, kind, entity) if e["entity_id"] == entity]
        if not own or own[-1]["event_code"] != MERGED or own[-1]["other_id"] in via:
            return None, via
        entity = own[-1]["other_id"]
        via.append(entity)
    return entity, via


def _events(home: Path, kind: str, entity: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(home, kind, "entity_events", id=entity).to_pylist()
    return found


def _events_of_record(home: Path, kind: str, record_id: str) -> list[dict[str, Any]]:
    ids = ask(home, kind, "record_events", id=record_id)["event_id"].to_pylist()
    return [e for event_id in ids for e in _events(home, kind, event_id)]
