"""Changes: which records are new, say something else or are gone since the register was written, and whether it can
still be carried on."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from transforms.match.arrays import Ints, hash_texts, row_keys
from transforms.match.config import MatchConfig
from transforms.match.normalise import record_keys
from transforms.match.register import insert, learnt_from, read_sql

GROWTH = 1.2
"""When records have grown by more than this factor since the model was learnt, it is learnt anew."""

NO_REGISTER, OTHER_VERSION, GROWN, UNLIKE_PUBLISHED = "no_register", "other_version", "grown", "unlike_published"
"""Why everything is matched: there is no register that can be read; it was made for another configuration or by another
version; records have grown; what was published is not what the register holds."""


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


def why_everything(
    con: duckdb.DuckDBPyConnection, now: Tonight, published: Ints, config: MatchConfig
) -> str | None:
    """Why a register can't be carried on, None if it can. ``published``: keys of the records that have a person in the
    last generation."""
    try:
        learnt = learnt_from(con, config)
        if learnt is None:
            return OTHER_VERSION
        held = con.execute("SELECT count(*), bit_xor(record_key) FROM record").fetchone()
    except duckdb.Error:
        return NO_REGISTER
    if held is None or (held[0], held[1] or 0) != (len(published), int(np.bitwise_xor.reduce(published))):
        return UNLIKE_PUBLISHED
    return GROWN if len(now.keys) > GROWTH * learnt else None


def find_changes(con: duckdb.DuckDBPyConnection, now: Tonight) -> Changes:
    """Compare tonight's records with what the register holds."""
    place = np.arange(len(now.keys))
    con.register("tonight", pa.table({"record_key": now.keys, "content": now.contents, "place": place}))
    rows = con.execute(read_sql("changed_rows")).fetchnumpy()["place"]
    gone = con.execute(read_sql("gone_records")).to_arrow_table()
    return Changes(np.asarray(rows, dtype=np.int64), gone.column("record_id").combine_chunks())


def keep_contents(con: duckdb.DuckDBPyConnection, now: Tonight, changes: Changes | None = None) -> None:
    """Write down what the records state now; ``changes``: only these, where the others are written down already."""
    rows = np.arange(len(now.keys)) if changes is None else changes.rows
    if changes is not None:
        again = np.concatenate([now.keys[rows], hash_texts(changes.removed)])
        con.register("stated_before", pa.table({"record_key": again}))
        con.execute("DELETE FROM content WHERE record_key IN (FROM stated_before)")
    insert(con, "content", pa.table({"record_key": now.keys[rows], "content": now.contents[rows]}))
