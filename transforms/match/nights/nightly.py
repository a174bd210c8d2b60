"""Nightly matching of persons: only what changed is compared, and the tables of the last generation are carried on.

The result is what a full run with the same model would give (partition, ids, grades, pairs, questions). Everything is
matched, and the model learnt anew, where the register can't be carried on
(:func:`transforms.match.nights.changes.why_everything`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.arrow import arrow_schema
from schemas.errors import StoreError
from schemas.tables.link import PERSON_LINK, PERSON_RECORD, REVIEW
from transforms.match.arrays import Ints, among, by_first, distinct, find
from transforms.match.config import MatchConfig
from transforms.match.engine import match
from transforms.match.identity import NO_PAST, PERSON, Past, stable_ids
from transforms.match.nights.changes import (
    NO_REGISTER,
    Changes,
    Tonight,
    find_changes,
    keep_contents,
    tonight,
    why_everything,
)
from transforms.match.nights.incremental import Updated, siblings_of, update_in
from transforms.match.nights.surroundings import look_around
from transforms.match.persons import PERSONS, PersonMatch, by_id, in_order, person_match, with_stated_in_number
from transforms.match.register.store import Register, read_register
from transforms.match.register.write import write_register
from transforms.match.results.outputs import grades_of, pairs_table, persons_table
from transforms.match.results.review import NODES, questions, queue
from transforms.match.texts import hash_texts

MATCHED, WHY, FULL, CHANGES = "matched", "why", "full", "changes"
"""In the report of a night: was everything matched or only changes, and why everything."""


@dataclass(frozen=True, slots=True)
class Previous:
    """link_person, link_person_pair and dim_person of the last generation; None before it."""

    links: pa.Table | None = None
    pairs: pa.Table | None = None
    persons: pa.Table | None = None


def match_persons_nightly(
    register: Path,
    records: pa.Table,
    previous: Previous,
    key: bytes,
    constraints: pa.Table | None = None,
    past: Past = NO_PAST,
    config: MatchConfig = PERSONS,
) -> PersonMatch:
    """Find which person records are one person, and carry on the register at that path, which is this run's own copy.

    ``records``: all of link_person_record. The others as in :func:`transforms.match.persons.match_persons`.
    ``model`` of the result says whether everything was matched, and why. A register that was carried on must not be
    handed in again: a run that starts again begins with the copy.
    """
    records = in_order(records.select(PERSON_RECORD.columns.keys()))
    now = tonight(records, config)
    if previous.links is None or previous.pairs is None or previous.persons is None:
        return _everything(register, records, now, previous.links, key, constraints, past, config, NO_REGISTER)
    links = by_id(previous.links)
    published = _keys(links)
    night = _Night(records, now, links, previous.pairs, previous.persons, published, find(now.keys, published))
    seen = _carry_on(register, night, constraints, past, config)
    if isinstance(seen, str):
        return _everything(register, records, now, previous.links, key, constraints, past, config, seen)
    return _carried(night, seen, key, past)


def _everything(
    register: Path,
    records: pa.Table,
    now: Tonight,
    links: pa.Table | None,
    key: bytes,
    constraints: pa.Table | None,
    past: Past,
    config: MatchConfig,
    why: str,
) -> PersonMatch:
    table = with_stated_in_number(records)
    found = match(table, config, constraints)
    found.report.update({MATCHED: FULL, WHY: why})
    asked = questions(now.ids, found, config)
    written = write_register(register, table, now.keys, found, config, constraints)
    keep_contents(written, now)
    written.keep("question", asked)
    written.commit()
    return person_match(table, found, asked, links, key, past)


@dataclass(frozen=True, slots=True)
class _Night:
    """All that a night starts from. ``published``: keys of the records of ``links``, which ascend by id; ``before``:
    row of each record among these, -1 for new ones."""

    records: pa.Table
    now: Tonight
    links: pa.Table
    pairs: pa.Table
    persons: pa.Table
    published: Ints
    before: Ints


@dataclass(frozen=True, slots=True)
class _Touched:
    """The records whose cluster may have changed, whole clusters, ascending by id: columns of link_person without the
    id (record_id, grade_code, confidence); ``rows``: of these among the records; ``clusters`` from 0."""

    records: pa.Table
    rows: Ints
    clusters: Ints


@dataclass(frozen=True, slots=True)
class _Seen:
    """What an updated register says of tonight. ``pairs``: of the nodes of the region; ``review``: the whole queue;
    ``again``: keys of the records that came, came again or went."""

    changes: Changes
    updated: Updated
    touched: _Touched
    pairs: pa.Table
    review: pa.Table
    again: Ints


def _carry_on(
    register: Path, night: _Night, constraints: pa.Table | None, past: Past, config: MatchConfig
) -> _Seen | str:
    """Update the register, all or nothing; or say why everything must be matched."""
    try:
        held = read_register(register)
    except StoreError:
        return NO_REGISTER
    why = why_everything(held, night.now, night.published, config)
    if why is not None:
        return why
    seen = _update(held, night, constraints, past, config)
    held.commit()
    return seen


def _update(
    register: Register, night: _Night, constraints: pa.Table | None, past: Past, config: MatchConfig
) -> _Seen:
    changes = find_changes(register, night.now, night.before, night.links)
    rows = distinct(np.concatenate([changes.rows, _named_by_undo(night, past)]))
    arriving = with_stated_in_number(night.records.take(pa.array(rows)))
    updated = update_in(register, arriving, changes.removed, config, constraints)
    keep_contents(register, night.now)
    beside = _beside(register, updated.copies)
    region = updated.found.collapsed.keys
    core = distinct(np.concatenate([region, beside.column("node").to_numpy()]))
    around = look_around(register, core, updated.found.model, config, constraints)
    return _Seen(
        changes,
        updated,
        _touched(night, updated, beside),
        pairs_table(around.record_ids, around.pairs_of(region)),
        _asked(register, questions(around.record_ids, around.found, config), core, len(night.now.ids)),
        np.concatenate([night.now.keys[rows], hash_texts(changes.removed)]),
    )


def _beside(register: Register, copies: pa.Table) -> pa.Table:
    """Records of clusters that a further copy came into (columns of the register, ascending by id); ``stands_for``: a
    record that was there before with the same content, for one that was not."""
    clusters = distinct(copies.column("cluster").to_numpy())
    beside = register.record.where("cluster", clusters).sort_by("record_id")
    siblings = siblings_of(register, copies, "node")
    row = find(beside.column("node").to_numpy(), siblings.column("node").to_numpy())
    sibling = siblings.column("record_id").combine_chunks().take(pa.array(row, mask=row < 0))
    is_new = pa.array(among(beside.column("record_key").to_numpy(), _keys(copies)))
    record_ids = beside.column("record_id").cast(pa.string())
    beside = beside.set_column(0, "record_id", record_ids)
    return beside.append_column("stands_for", pc.if_else(is_new, sibling, record_ids))


def _asked(register: Register, anew: pa.Table, core: Ints, records: int) -> pa.Table:
    """The queue, with the questions about the core asked anew, and without those about nodes that are no more."""
    asked = register.read("question")
    sides = [asked.column(name).to_numpy() for name in NODES]
    nodes = distinct(np.concatenate(sides))
    alive = register.node.where("node", nodes, ["node"]).column("node").to_numpy()
    stays = np.all([among(side, alive) & ~among(side, core) for side in sides], axis=0)
    asked = pa.concat_tables([asked.filter(pa.array(stays)), anew.cast(asked.schema)])
    register.keep("question", asked)
    return queue(asked.select([*arrow_schema(REVIEW).names, *NODES]), records)


def _carried(night: _Night, seen: _Seen, key: bytes, past: Past) -> PersonMatch:
    """The tables of the last generation with what was seen tonight."""
    touched, given = seen.touched, night.links["person_id"]
    record_ids = touched.records["record_id"].combine_chunks()
    had = night.before[touched.rows]
    held = night.links.select(["record_id", "person_id"]).take(pa.array(had[had >= 0]))
    ids = stable_ids(record_ids, touched.clusters, held, "person_id", key, PERSON, past, elsewhere=given)
    links = touched.records.append_column("person_id", ids.take(pa.array(touched.clusters)))
    links = links.select([c.name for c in PERSON_LINK.columns]).cast(arrow_schema(PERSON_LINK))
    counts = {"changed": len(seen.changes.rows), "removed": len(seen.changes.removed), "touched": len(record_ids)}
    return PersonMatch(
        links=_in_order_of(night, links, touched),
        pairs=_carried_pairs(night, seen),
        review=seen.review,
        persons=_carried_persons(night, links, touched, ids),
        model=seen.updated.found.report | counts | {MATCHED: CHANGES, "records": len(night.now.ids)},
    )


def _named_by_undo(night: _Night, past: Past) -> Ints:
    """Rows of the records that an undo names, and of those with an id that it gives back: they may change hands."""
    named = past.undone.column("record_id").combine_chunks()
    if not len(named):
        return np.empty(0, dtype=np.int64)
    with_id = pc.is_in(night.links["person_id"], past.undone.column("entity_id").combine_chunks())
    keys = np.concatenate([hash_texts(named), night.published[np.asarray(with_id)]])
    rows = find(distinct(keys), night.now.keys)
    return rows[rows >= 0]


def _touched(night: _Night, updated: Updated, beside: pa.Table) -> _Touched:
    """Records of the region with their new grades, and of clusters that a copy came into with the grades they had."""
    rows = find(_keys(beside, "stands_for"), night.published)
    had = night.links.select(["grade_code", "confidence"]).take(pa.array(rows))
    columns = {
        "record_id": [updated.records["record_id"], beside["record_id"]],
        "grade_code": [grades_of(updated.found), had["grade_code"]],
        "confidence": [pa.array(updated.found.confidence), had["confidence"]],
    }
    records = pa.table({name: _joined(parts) for name, parts in columns.items()})
    keys, clusters = (
        np.concatenate([table.column(name).to_numpy() for table in (updated.records, beside)])
        for name in ("record_key", "cluster")
    )
    order = pc.sort_indices(records["record_id"]).to_numpy().astype(np.int64)
    labels = by_first(np.unique(clusters[order], return_inverse=True)[1].astype(np.int64))
    return _Touched(records.take(pa.array(order)), find(keys[order].astype(np.int64), night.now.keys), labels)


def _joined(parts: list[pa.Array | pa.ChunkedArray]) -> pa.ChunkedArray:
    arrays = [chunk for part in parts for chunk in (part.chunks if isinstance(part, pa.ChunkedArray) else [part])]
    return pa.chunked_array(arrays).combine_chunks()


def _keys(table: pa.Table, name: str = "record_id") -> Ints:
    return hash_texts(table.column(name).combine_chunks())


def _in_order_of(night: _Night, links: pa.Table, touched: _Touched) -> pa.Table:
    """link_person of all records: the touched ones anew, the others as they were."""
    every = pa.concat_tables([night.links.select(links.column_names).cast(links.schema), links])
    rows = night.before.copy()
    rows[touched.rows] = night.links.num_rows + np.arange(links.num_rows)
    if (rows < 0).any() or (touched.rows < 0).any():
        raise StoreError(
            "the register and the published links differ",
            where="link_person",
            expected=f"{len(night.now.ids)} records",
            found=f"{int((rows < 0).sum())} without a person",
            next_step="remove the register of the published generation, then run again: everything is matched anew",
        )
    return every.take(pa.array(rows)).combine_chunks()


def _carried_pairs(night: _Night, seen: _Seen) -> pa.Table:
    """link_person_pair: without the pairs of what was touched or is gone, with those of what is touched."""
    again = distinct(np.concatenate([seen.updated.records["record_key"].to_numpy(), seen.again]))
    pairs, stays = seen.pairs, np.ones(night.pairs.num_rows, dtype=bool)
    for side in ("left_id", "right_id"):
        stays &= ~among(_keys(night.pairs, side), again)
    kept = night.pairs.filter(pa.array(stays)).select(pairs.column_names).cast(pairs.schema)
    return pa.concat_tables([kept, pairs])


def _carried_persons(night: _Night, links: pa.Table, touched: _Touched, ids: pa.Array) -> pa.Table:
    """dim_person: without those whose records were touched or are gone, with those of touched records."""
    records = with_stated_in_number(night.records.take(pa.array(touched.rows)))
    persons = persons_table(records, links, touched.clusters, ids)
    untouched = night.before.copy()
    untouched[touched.rows] = -1
    stays = np.zeros(night.links.num_rows, dtype=bool)
    stays[untouched[untouched >= 0]] = True
    ended = pc.unique(night.links["person_id"].filter(pa.array(~stays)))
    kept = night.persons.filter(pc.invert(pc.is_in(night.persons["person_id"], ended)))
    return pa.concat_tables([kept.select(persons.column_names).cast(persons.schema), persons])
