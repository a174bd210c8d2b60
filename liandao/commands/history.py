"""``liandao history``: what happened to a person, a matter or a record, and who it is now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from liandao.options import HomeOption, JsonOption, ProjectOption, answer, print_table
from liandao.settings import read_settings
from schemas.errors import UsageError

if TYPE_CHECKING:
    from liandao.answers.plain import History, HistoryEvent

IDS = "liandao sql 'SELECT record_id, person_id FROM link_person'"
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
    from schemas.codes import code_lists

    life = tell(read_settings(home, project).home, target)
    names = code_lists()["entity_event"]
    rows = [
        (
            e.generation,
            f"{e.occurred_at:%Y-%m-%d %H:%M}",
            " ".join(names[e.event_code]),
            e.entity_id,
            e.other_id or "",
            e.record_count,
            e.decision_id or "",
            e.event_id,
        )
        for e in life.events
    ]
    title = f"{target} · {life.state_zh} {life.state_en}"
    answer(as_json, life, lambda: print_table(title, HEADINGS, rows, numbers=(0, 5)))


def tell(home: Path, target: str) -> History:
    """Who an id is now and what happened to it. Raises UsageError for an id that was never given."""
    from warehouse.history import LINEAGES
    from warehouse.review import entities_of

    for kind in LINEAGES:
        events = _events(home, kind, target)
        if (named := [e for e in events if e.event_id == target]):
            return _tell(home, kind, named[0].entity_id, None)
        if (of_record := entities_of(home, kind, [target])) or events:
            return _tell(home, kind, target, of_record.get(target))
    raise UsageError(
        "this id was never given", where="ID", expected="a person, matter or record id", found=target, next_step=IDS
    )


def _tell(home: Path, kind: str, target: str, entity: str | None) -> History:
    from liandao.answers.plain import History
    from schemas.tables.identity import MERGED, RETIRED

    now, via = _follow(home, kind, entity or target)
    records = _ask(home, kind, "entity_records", id=now).num_rows if now else 0
    events = _events_of_record(home, kind, target) if entity else _events(home, kind, target)
    if now is None:
        state, zh, en = RETIRED, "已停用", "retired"
    elif now == target:
        state, zh, en = "live", f"有效，{records} 条记录", f"live, {records} records"
    elif entity:
        state, zh, en = "live", f"属于 {now}", f"belongs to {now}"
    else:
        state, zh, en = MERGED, f"已并入 {' → '.join(via)}", f"merged into {now}"
    return History(target, kind, state, zh, en, now, via, records, events)


def _follow(home: Path, kind: str, entity: str) -> tuple[str | None, list[str]]:
    """Who an id is today, and the ids on the way; None when it was retired."""
    from schemas.tables.identity import MERGED

    via: list[str] = []
    while not _ask(home, kind, "entity_records", id=entity).num_rows:
        own = [e for e in _events(home, kind, entity) if e.entity_id == entity]
        other = own[-1].other_id if own and own[-1].event_code == MERGED else None
        if other is None or other in via:
            return None, via
        entity = other
        via.append(entity)
    return entity, via


def _events(home: Path, kind: str, entity: str) -> list[HistoryEvent]:
    from liandao.answers.plain import HistoryEvent

    return [HistoryEvent(**row) for row in _ask(home, kind, "entity_events", id=entity).to_pylist()]


def _events_of_record(home: Path, kind: str, record_id: str) -> list[HistoryEvent]:
    ids = _ask(home, kind, "record_events", id=record_id)["event_id"].to_pylist()
    return [e for event_id in ids for e in _events(home, kind, event_id)]


def _ask(home: Path, kind: str, name: str, **words: Any) -> Any:
    from warehouse.review import ask

    return ask(home, kind, name, **words)
