"""Changes: which records are new, say something else or are gone since the register was written, and whether it can
still be carried on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from transforms.match.arrays import Ints, find, row_keys
from transforms.match.config import MatchConfig
from transforms.match.normalise import record_keys
from transforms.match.register.store import Register
from transforms.match.texts import hash_texts

GROWTH = 1.2
"""When records have grown by more than this factor since the model was learnt, it is learnt anew."""

NO_REGISTER, OTHER_VERSION, GROWN, UNLIKE_PUBLISHED = "no_register", "other_version", "grown", "unlike_published"
"""Why everything is matched: there is no register that can be read; it was made for another configuration or by another
version; records have grown; what was published is not what the register holds."""
HELD = "held"
"""Under this name the register says which records it holds."""


@dataclass(frozen=True, slots=True)
class Tonight:
    """All records as they are now. ``ids`` ascend; ``keys``: of the ids; ``contents``: what each states, hashed."""

    ids: pa.Array
    keys: Ints
    contents: Ints


@dataclass(frozen=True, slots=True)
class Changes:
    """``rows``: records of tonight that are new or state something else; ``removed``: ids of those that are gone."""

    rows: Ints
    removed: pa.Array


def tonight(records: pa.Table, config: MatchConfig) -> Tonight:
    """Records in the order of their ids, hashed. Raises ConfigurationError when ids are missing or met twice."""
    columns = [hash_texts(records.column(f.name).cast(pa.string()).combine_chunks()) for f in config.fields]
    ids = records.column(config.record_id).combine_chunks()
    return Tonight(ids, record_keys(records, config), row_keys(np.column_stack(columns)))


def why_everything(register: Register, now: Tonight, published: Ints, config: MatchConfig) -> str | None:
    """Why a register can't be carried on, None if it can. ``published``: keys of the records that have a person in the
    last generation."""
    if not register.is_made_for(config):
        return OTHER_VERSION
    if register.told(HELD) != _of(published):
        return UNLIKE_PUBLISHED
    return GROWN if len(now.keys) > GROWTH * register.learnt_from else None


def find_changes(register: Register, now: Tonight) -> Changes:
    """Compare tonight's records with what the register holds."""
    held = register.content.all()
    keys, contents = held.column("record_key").to_numpy(), held.column("content").to_numpy()
    row = find(now.keys, keys)
    is_same = (row >= 0) & (np.append(contents, 0)[row] == now.contents)
    gone = np.ones(len(keys), dtype=bool)
    gone[row[row >= 0]] = False
    removed = register.record.where("record_key", keys[gone], ["record_id"]).column("record_id")
    return Changes(np.flatnonzero(~is_same), removed.cast(pa.string()).combine_chunks())


def keep_contents(register: Register, now: Tonight, changes: Changes | None = None) -> None:
    """Write down what the records state now; ``changes``: only these, where the others are written down already."""
    rows = np.arange(len(now.keys)) if changes is None else changes.rows
    if changes is not None:
        register.content.remove(hash_texts(changes.removed))
    register.content.put(pa.table({"record_key": now.keys[rows], "content": now.contents[rows]}))
    register.note(HELD, _of(now.keys))


def _of(records: Ints) -> list[int]:
    """Which records these are, in brief."""
    return [len(records), int(np.bitwise_xor.reduce(records, initial=0))]
