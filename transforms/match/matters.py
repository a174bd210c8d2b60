"""Matters: which cases (办件) on which platforms are one matter, and what each case is to it.

Cases of one person in one class are chained while each application follows the last within the window of the class, in
working days. Lawful links on one platform (part of a composite case, transferred, reopened) join cases whatever their
class. The same item applied for again without such a link is a duplicate (domain: case-level duplicate, CRD).
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.arrow import arrow_schema
from schemas.codes import items, matter_classes
from schemas.tables.link import MATTER_LINK
from transforms.match.arrays import ABSENT, Flags, Ints, components, encode, mix
from transforms.match.identity import MATTER, stable_ids
from transforms.match.workdays import working_day_numbers

DUPLICATE_WORKING_DAYS = 15
ROLES = ("first", "part", "duplicate", "reopened", "transferred")
FIRST, PART, DUPLICATE, REOPENED, TRANSFERRED = range(5)
NOT_LIVE = ("withdrawn", "rejected")
"""A case that ended so may be applied for again: what follows it is no duplicate."""


def match_matters(cases: pa.Table, previous: pa.Table | None, key: bytes) -> pa.Table:
    """link_matter for ``cases`` (columns of core_case and person_id), in the order of record ids.

    ``previous``: link_matter of the last generation, from which matters keep their ids. A case without a person, class
    or time of application is joined by links only.
    """
    cases = cases.take(pc.sort_indices(cases.column("record_id"))).combine_chunks()
    if not cases.num_rows:
        return arrow_schema(MATTER_LINK).empty_table()
    classes, windows = _classes(cases)
    days = _working_days(cases)
    chained = _chain(cases, classes, windows, days)
    linked = _follow_links(cases)
    left, right = (np.concatenate(sides) for sides in zip(chained, linked, strict=True))
    matter = components(left, right, cases.num_rows)
    record_ids = cases.column("record_id").combine_chunks()
    ids = stable_ids(record_ids, matter, previous, "matter_id", key, MATTER)
    columns = [
        record_ids,
        ids.take(pa.array(matter)),
        cases.column("person_id").combine_chunks(),
        classes,
        pa.array(ROLES).take(pa.array(_roles(cases, matter, days))),
    ]
    return pa.Table.from_arrays(columns, schema=arrow_schema(MATTER_LINK))


def _classes(cases: pa.Table) -> tuple[pa.Array, Ints]:
    """Class of matter of each case, and its window in working days (-1 where the item is unknown)."""
    codes = pa.array(list(items()))
    row = pc.index_in(cases.column("item_code").combine_chunks(), codes)
    classes = pa.array([item.matter_class for item in items().values()]).take(row)
    windows = pa.array([matter_classes()[item.matter_class].window_working_days for item in items().values()]).take(row)
    return classes, windows.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)


def _working_days(cases: pa.Table) -> Ints:
    """Number of the working day of each application, -1 where it has no time."""
    applied = pc.cast(pc.local_timestamp(cases.column("apply_at").combine_chunks()), pa.date32())
    bounds = pc.min_max(applied).as_py()
    if bounds["min"] is None:
        return np.full(len(applied), -1, dtype=np.int64)
    numbers = working_day_numbers(bounds["min"] - timedelta(days=1), bounds["max"])
    since: pa.Array = pc.subtract(applied.cast(pa.int32()), pa.scalar(bounds["min"]).cast(pa.int32())).fill_null(-1)
    offset = since.to_numpy(zero_copy_only=False).astype(np.int64)
    result: Ints = np.where(offset < 0, -1, numbers[offset + 1])
    return result


def _times(cases: pa.Table) -> Ints:
    stamps = cases.column("apply_at").combine_chunks().cast(pa.int64()).fill_null(-1)
    result: Ints = stamps.to_numpy(zero_copy_only=False).astype(np.int64)
    return result


def _chain(cases: pa.Table, classes: pa.Array, windows: Ints, days: Ints) -> tuple[Ints, Ints]:
    """Edges between consecutive applications of one person and class, no further apart than the window."""
    group = mix([encode(cases.column("person_id"))[0], encode(classes)[0]])
    group = np.where(days < 0, ABSENT, group)
    order = np.lexsort((_times(cases), group))
    before, after = order[:-1], order[1:]
    near = (group[before] == group[after]) & (group[before] >= 0) & (days[after] - days[before] <= windows[after])
    return before[near], after[near]


def _follow_links(cases: pa.Table) -> tuple[Ints, Ints]:
    """Edges from each case to the case that it is linked to on its platform."""
    own = pc.binary_join_element_wise(cases.column("platform_id"), cases.column("source_key"), "\x1f").combine_chunks()
    named = pc.binary_join_element_wise(
        cases.column("platform_id"), cases.column("parent_case_no"), "\x1f"
    ).combine_chunks()
    target = pc.index_in(named, own, skip_nulls=True)
    found = np.asarray(target.is_valid()) & np.asarray(cases.column("link_code").is_valid())
    rows = np.flatnonzero(found)
    return rows, target.take(pa.array(rows)).to_numpy(zero_copy_only=False).astype(np.int64)


def _roles(cases: pa.Table, matter: Ints, days: Ints) -> Ints:
    """Role of each case: the earliest is first, links name reopened and transferred ones, repeats are duplicates."""
    link = cases.column("link_code").combine_chunks()
    times = _times(cases)
    roles = np.full(len(matter), PART, dtype=np.int64)
    roles[_repeats(cases, matter, times, days) & ~np.asarray(link.is_valid())] = DUPLICATE
    roles[np.asarray(pc.equal(link, "reopen").fill_null(False))] = REOPENED
    roles[np.asarray(pc.equal(link, "transfer").fill_null(False))] = TRANSFERRED
    order = np.lexsort((times, matter))
    roles[order[np.unique(matter[order], return_index=True)[1]]] = FIRST
    return roles


def _repeats(cases: pa.Table, matter: Ints, times: Ints, days: Ints) -> Flags:
    """Cases that ask for the same item, in the same matter, within the limit after one that is still live."""
    item = mix([matter, encode(cases.column("item_code"))[0]])
    live = ~np.asarray(pc.is_in(cases.column("status_code").combine_chunks(), pa.array(NOT_LIVE)))
    rows = np.flatnonzero(live & (item >= 0))
    last_live = _last_before(item, times, rows)
    found = last_live >= 0
    near = days - days[last_live] <= DUPLICATE_WORKING_DAYS
    result: Flags = found & near & (days >= 0)
    return result


def _last_before(item: Ints, times: Ints, live: Ints) -> Ints:
    """For each row the live row of its item that comes last before it in time (ties: row order); -1 for none."""
    order = np.lexsort((times, item))
    is_live = np.zeros(len(item), dtype=bool)
    is_live[live] = True
    place = np.where(is_live[order], np.arange(len(order)), -1)
    latest = np.maximum.accumulate(np.append(-1, place))[:-1]
    before = np.where(latest >= 0, order[np.maximum(latest, 0)], -1)
    result = np.full(len(item), -1, dtype=np.int64)
    result[order] = np.where((before >= 0) & (item[before] == item[order]), before, -1)
    return result
