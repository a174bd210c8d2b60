"""Changes: which records are new, say something else or are gone since the register was written, and whether it can
still be carried on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from transforms.match.arrays import Ints
from transforms.match.collapse import fold
from transforms.match.config import MatchConfig
from transforms.match.normalise import record_keys
from transforms.match.register.store import Register
from transforms.match.texts import hash_texts

GROWTH = 1.2
"""When records have grown by more than this factor since the model was learnt, it is learnt anew."""

NO_REGISTER, OTHER_VERSION, GROWN, UNLIKE_PUBLISHED = "no_register", "other_version", "grown", "unlike_published"
"""Why everything is matched: there is no register that can be read; it was made for another configuration or by another
version; records have grown; what was published is not what the register holds."""
CONTENT = "content"
"""Under this name the register keeps the key of each record and a hash of what it stated, in the order of ids."""


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
    key = np.zeros(records.num_rows, dtype=np.uint64)
    rows = np.arange(records.num_rows, dtype=np.int32)
    for field in config.fields:
        fold(key, rows, _stated(records.column(field.name).combine_chunks()))
    ids = records.column(config.record_id).combine_chunks()
    return Tonight(ids, record_keys(records, config), (key >> np.uint64(1)).astype(np.int64))


def _stated(values: pa.Array) -> Ints:
    """A number for each value: days as they are, texts hashed."""
    if pa.types.is_date32(values.type):
        return np.asarray(values.cast(pa.int32()).cast(pa.int64()).fill_null(np.iinfo(np.int64).min).to_numpy())
    return hash_texts(values.cast(pa.string()))


def why_everything(register: Register, now: Tonight, published: Ints, config: MatchConfig) -> str | None:
    """Why a register can't be carried on, None if it can. ``published``: keys of the records that have a person in the
    last generation, in the order of their ids."""
    if not register.is_made_for(config):
        return OTHER_VERSION
    if not register.has(CONTENT):
        return NO_REGISTER
    if not np.array_equal(register.read(CONTENT).column("record_key").to_numpy(), published):
        return UNLIKE_PUBLISHED
    return GROWN if has_outgrown(len(now.keys), register.learnt_from) else None


def has_outgrown(records: int, learnt_from: int) -> bool:
    """Whether there are so many records by now that the model should be learnt anew."""
    return records > GROWTH * learnt_from


def find_changes(register: Register, now: Tonight, before: Ints, links: pa.Table) -> Changes:
    """Compare tonight's records with what the register holds. ``before``: for each of them its row among the published
    ``links`` (-1: it is new), whose records are those of the register."""
    contents = register.read(CONTENT).column("content").to_numpy()
    is_same = (before >= 0) & (np.append(contents, 0)[before] == now.contents)
    gone = np.ones(len(contents), dtype=bool)
    gone[before[before >= 0]] = False
    return Changes(np.flatnonzero(~is_same), links.column("record_id").filter(pa.array(gone)).combine_chunks())


def keep_contents(register: Register, now: Tonight) -> None:
    """Write down what the records state now, whatever becomes of their nodes."""
    register.keep(CONTENT, pa.table({"record_key": now.keys, "content": now.contents}))
