"""Cases read into arrays: one entry for each case, in the order of record ids."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from schemas.codes import items, matter_classes
from schemas.matters import matter_rules
from transforms.match.arrays import ABSENT, Flags, Ints, mix
from transforms.match.compare.address_zh import AddressZh
from transforms.match.compare.kind import Column
from transforms.match.matters.workdays import working_day_numbers
from transforms.match.texts import hash_texts

NOT_LIVE = ("withdrawn", "rejected")
"""A case that ended so may be applied for again: what follows it is no duplicate."""
LINKS = ("parent", "transfer", "reopen", "joint")
"""What a case may say it is to the case that it names."""
DORMITORY = 12
"""More people than this at one door are no household (a dormitory, a home for the elderly)."""


@dataclass(frozen=True, slots=True)
class Cases:
    """Cases as arrays of one length.

    Keys (>= 0, ABSENT for none): ``person``, ``platform``, ``item``, ``matter_class``, ``community``, ``township``,
    ``project`` (its number), ``object`` (a licence, a plot), ``household``
    (registered) and ``dwelling``. ``day``: number of the working day of application, ``second``: its time, -1 for none;
    ``window``: working days that applications of one matter may lie apart. ``link``: index into LINKS or -1, of the
    case that ``named`` names (a key like ``own``, the key of each case's own number; with the platform in
    ``named_here`` and ``own_here``).
    """

    record_ids: pa.Array
    classes: pa.Array
    person_ids: pa.Array
    person: Ints
    platform: Ints
    item: Ints
    matter_class: Ints
    window: Ints
    day: Ints
    second: Ints
    community: Ints
    township: Ints
    project: Ints
    object: Ints
    household: Ints
    dwelling: Ints
    address: Column
    title: NDArray[np.object_]
    is_live: Flags
    serves_household: Flags
    is_about_place: Flags
    link: Ints
    own: Ints
    named: Ints
    own_here: Ints
    named_here: Ints

    def __len__(self) -> int:
        return len(self.record_ids)


def read_cases(table: pa.Table) -> Cases:
    """Read columns of ``core_case`` and ``person_id``; ``household_no``, ``address``, ``project_no``, ``object_no`` and
    ``title`` are used where the table has them."""
    table = table.take(pc.sort_indices(table.column("record_id"))).combine_chunks()
    classes, window = _classes(table)
    applied = table.column("apply_at").combine_chunks()
    rules, person = matter_rules(), _key(table, "person_id")
    community, address = _key(table, "community_code"), AddressZh().read(pa.chunked_array([texts_of(table, "address")]))
    platform, own, named = (_key(table, name) for name in ("platform_id", "source_key", "parent_case_no"))
    dwelling = mix([address.feature("numbers"), address.feature("place"), community])
    links = pc.index_in(texts_of(table, "link_code"), pa.array(LINKS)).fill_null(-1)
    township = pc.utf8_slice_codeunits(texts_of(table, "community_code"), 0, 9)
    return Cases(
        record_ids=table.column("record_id").combine_chunks(),
        classes=classes,
        person_ids=texts_of(table, "person_id"),
        person=person,
        platform=platform,
        item=_key(table, "item_code"),
        matter_class=hash_texts(classes),
        window=window,
        day=working_days(applied),
        second=moments(applied),
        community=community,
        township=hash_texts(township),
        project=_key(table, "project_no"),
        object=_key(table, "object_no"),
        household=_key(table, "household_no"),
        dwelling=_private(dwelling, person),
        address=address,
        title=np.array(texts_of(table, "title").to_pylist(), dtype=object),
        is_live=~np.asarray(pc.is_in(texts_of(table, "status_code"), pa.array(NOT_LIVE))),
        serves_household=_among(classes, rules.household_classes),
        is_about_place=_among(classes, rules.place_classes),
        link=links.to_numpy(zero_copy_only=False).astype(np.int64),
        own=own,
        named=named,
        own_here=mix([platform, own]),
        named_here=mix([platform, named]),
    )


def texts_of(table: pa.Table, name: str) -> pa.Array:
    """A column of texts; nulls where the table doesn't have it."""
    if name not in table.column_names:
        return pa.nulls(table.num_rows, pa.string())
    return table.column(name).cast(pa.string()).combine_chunks()


def _key(table: pa.Table, name: str) -> Ints:
    return hash_texts(texts_of(table, name))


def _among(classes: pa.Array, chosen: frozenset[str]) -> Flags:
    return np.asarray(pc.is_in(classes, pa.array(sorted(chosen), pa.string())))


def _classes(table: pa.Table) -> tuple[pa.Array, Ints]:
    """Class of matter of each case, and its window in working days (-1 where the item is unknown)."""
    row = pc.index_in(texts_of(table, "item_code"), pa.array(list(items())))
    classes = pa.array([item.matter_class for item in items().values()]).take(row)
    windows = pa.array([matter_classes()[item.matter_class].window_working_days for item in items().values()]).take(row)
    return classes, windows.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)


def working_days(stamps: pa.Array) -> Ints:
    """Number of the working day of each moment, -1 where there is none."""
    days = pc.cast(pc.local_timestamp(stamps), pa.date32())
    bounds = pc.min_max(days).as_py()
    if bounds["min"] is None:
        return np.full(len(days), -1, dtype=np.int64)
    numbers = working_day_numbers(bounds["min"] - timedelta(days=1), bounds["max"])
    since: pa.Array = pc.subtract(days.cast(pa.int32()), pa.scalar(bounds["min"]).cast(pa.int32())).fill_null(-1)
    offset = since.to_numpy(zero_copy_only=False).astype(np.int64)
    result: Ints = np.where(offset < 0, -1, numbers[offset + 1])
    return result


def moments(stamps: pa.Array) -> Ints:
    """Each moment as a number that orders, -1 where there is none."""
    result: Ints = stamps.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return result


def _private(dwelling: Ints, person: Ints) -> Ints:
    """Dwellings, but for those of too many people."""
    one = mix([dwelling, person])
    _, first = np.unique(one, return_index=True)
    doors, people = np.unique(dwelling[first[one[first] >= 0]], return_counts=True)
    crowded = np.isin(dwelling, doors[people > DORMITORY])
    return np.where(crowded, ABSENT, dwelling)
