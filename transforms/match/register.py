"""Register: what a run leaves on disk so that the next one compares only what changed, against everything.

A DuckDB file with nodes, records, blocks, scored pairs and the model. It can always be made again by a full run; it
holds personal data, so only its owner may read it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from string import Template

import duckdb
import numpy as np
import pyarrow as pa
from pydantic import TypeAdapter

from schemas.errors import ConfigurationError
from transforms.match.arrays import ABSENT, Ints, components
from transforms.match.block import blocks_of
from transforms.match.config import MatchConfig
from transforms.match.constraints import no_constraints
from transforms.match.engine import Matched
from transforms.match.lookup import block_key
from transforms.match.model import Model, pack
from transforms.match.model_store import dump_model, load_model
from transforms.match.score import Scored, join

SQL = Path(__file__).with_name("sql")
FORMAT = "3"
"""Raised whenever a register of before can't be carried on."""
MEMORY_LIMIT = "1GB"
LOG_LIMIT = "64MB"


def read_sql(name: str) -> str:
    """A statement of this package by its name."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


@contextmanager
def open_register(path: Path, memory_limit: str = MEMORY_LIMIT) -> Iterator[duckdb.DuckDBPyConnection]:
    """The register at ``path``, in one transaction: an error leaves it as it was."""
    con = duckdb.connect(str(path), config={"memory_limit": memory_limit, "preserve_insertion_order": False})
    try:
        con.execute("SET enable_progress_bar = false")
        # Keys are random and texts short: looking for a compression costs four times the writing, and reading twice.
        con.execute("PRAGMA force_compression = 'uncompressed'")
        # A night's changes go to the log beside the file; it is folded in when it has grown.
        con.execute("PRAGMA disable_checkpoint_on_shutdown")
        con.execute(f"SET wal_autocheckpoint = '{LOG_LIMIT}'")
        con.begin()
        yield con
        con.commit()
    finally:
        con.close()


def write_register(
    path: Path, table: pa.Table, record_keys: Ints, found: Matched, config: MatchConfig, constraints: pa.Table | None
) -> None:
    """Write the register of a full run anew. ``table``: what was matched; ``record_keys``: keys of its record ids."""
    path.unlink(missing_ok=True)
    Path(f"{path}.wal").unlink(missing_ok=True)
    with open_register(path) as con:
        path.chmod(0o600)
        texts = ", ".join(f"field_{place} VARCHAR" for place in range(len(config.fields)))
        for statement in Template(read_sql("register")).substitute(texts=f"STRUCT({texts})").split(";"):
            if statement.strip():
                con.execute(statement)
        fields = table.select([f.name for f in config.fields]).take(pa.array(found.collapsed.first))
        insert(con, "node", node_rows(fields, found, config))
        insert(con, "record", record_rows(table.column(config.record_id).combine_chunks(), record_keys, found))
        for number, rule in enumerate(config.passes):
            keys = blocks_of(found.collapsed.nodes, rule).keys
            insert(con, "block", block_rows(found.collapsed.keys, keys, number))
        insert(con, "pair", pair_rows(found))
        insert(con, "decision", constraints if constraints is not None else no_constraints())
        write_model(con, found.model, config, len(record_keys))
        con.commit()
        con.execute("CHECKPOINT")
        con.begin()


def copy_register(source: Path, target: Path) -> None:
    """Copy a register that nobody writes to, with the log beside it."""
    for suffix in ("", ".wal"):
        one, other = Path(f"{source}{suffix}"), Path(f"{target}{suffix}")
        other.unlink(missing_ok=True)
        if one.exists():
            shutil.copyfile(one, other)
            other.chmod(0o600)


def move_register(source: Path, target: Path) -> None:
    """Put a register that nobody writes to in the place of another."""
    Path(f"{target}.wal").unlink(missing_ok=True)
    source.replace(target)
    log = Path(f"{source}.wal")
    if log.exists():
        log.replace(f"{target}.wal")


def insert(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Append rows (columns as declared) to a table of the register."""
    con.register("arriving", rows)
    con.execute(f"INSERT INTO {name} BY NAME SELECT * FROM arriving")  # noqa: S608 (a name from this module)
    con.unregister("arriving")


def node_rows(fields: pa.Table, found: Matched, config: MatchConfig) -> pa.Table:
    """Rows of ``node`` for the nodes of a run. ``fields``: what a representative record of each states."""
    collapsed, nodes = found.collapsed, found.collapsed.nodes
    exclusive = nodes.feature(config.exclusive) if config.exclusive else np.full(nodes.size, ABSENT, np.int64)
    labels = affecting(found.pairs, exclusive, nodes.size, config)
    first = np.unique(labels, return_index=True)[1]
    return pa.table(
        {
            "node": collapsed.keys,
            "component": collapsed.keys[first][labels],
            "exclusive": exclusive,
            "is_ambiguous": np.isin(np.arange(nodes.size), found.ambiguous),
            "texts": as_texts(fields, config),
        }
    )


def affecting(pairs: Scored, exclusive: Ints, count: int, config: MatchConfig) -> Ints:
    """Components within which a change can matter: links, near links, and nodes with one exclusive value."""
    near = pairs.weight >= config.link_weight - config.ambiguity_margin
    order = np.argsort(exclusive)
    same = (exclusive[order][1:] == exclusive[order][:-1]) & (exclusive[order][1:] >= 0)
    left = np.concatenate([pairs.left[near], order[:-1][same]])
    right = np.concatenate([pairs.right[near], order[1:][same]])
    return components(left, right, count)


def as_texts(rows: pa.Table, config: MatchConfig) -> pa.StructArray:
    """The configured fields of each row as one structure of strings (each is stored as a column of its own)."""
    columns = [rows.column(f.name).cast(pa.string()).combine_chunks() for f in config.fields]
    return pa.StructArray.from_arrays(columns, names=[f"field_{place}" for place in range(len(columns))])


def from_texts(texts: pa.StructArray, config: MatchConfig) -> pa.Table:
    """The configured fields as columns of strings: the inverse of :func:`as_texts`."""
    return pa.table(texts.flatten(), names=[f.name for f in config.fields])


def record_rows(record_ids: pa.Array, record_keys: Ints, found: Matched) -> pa.Table:
    """Rows of ``record``; ``record_ids`` and their keys in the order of the run's input."""
    count = int(found.cluster_of.max(initial=-1)) + 1
    smallest = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(smallest, found.cluster_of, record_keys)
    return pa.table(
        {
            "record_id": record_ids.cast(pa.string()),
            "record_key": record_keys,
            "node": found.collapsed.keys[found.collapsed.node_of],
            "cluster": smallest[found.cluster_of],
        }
    )


def block_rows(nodes: Ints, keys: Ints, number: int) -> pa.Table:
    """Rows of ``block``: the nodes that have a key in pass ``number``."""
    rows = np.flatnonzero(keys >= 0)
    return pa.table({"block": block_key(keys[rows], number), "node": nodes[rows]})


def pair_rows(found: Matched) -> pa.Table:
    """Rows of ``pair``: what may be one entity, and what only two numbers keep apart."""
    pairs, keys = join([found.pairs, found.contradictions]), found.collapsed.keys
    return pa.table({"left_node": keys[pairs.left], "right_node": keys[pairs.right], "pattern": pack(pairs.levels)})


def write_model(con: duckdb.DuckDBPyConnection, model: Model, config: MatchConfig, records: int) -> None:
    """Keep the model, its frequencies, what they were made for and from how many records."""
    body, frequencies = dump_model(model)
    rows = {"model": body, "records": str(records), **_made_for(config)}
    insert(con, "model", pa.table({"name": list(rows), "body": list(rows.values())}))
    insert(con, "frequency", frequencies)


def as_json(config: MatchConfig) -> str:
    """A configuration as text. A function among its options (a predicate) is kept by name: it can't be read back."""
    return json.dumps(asdict(config), ensure_ascii=False, sort_keys=True, default=lambda value: value.__qualname__)


def read_config(con: duckdb.DuckDBPyConnection) -> MatchConfig:
    """The configuration that the register was made with."""
    found = con.execute("SELECT body FROM model WHERE name = 'config'").fetchone()
    if found is None:
        raise ConfigurationError("this is no register of matching", where="match.duckdb", next_step="match again")
    return TypeAdapter(MatchConfig).validate_json(found[0])


def read_model(con: duckdb.DuckDBPyConnection, config: MatchConfig) -> Model | None:
    """The model of the register; None if it was made for another configuration or by another version."""
    rows = _model_rows(con)
    if not _made_for(config).items() <= rows.items():
        return None
    return load_model(rows["model"], con.execute("SELECT * FROM frequency").to_arrow_table(), config)


def learnt_from(con: duckdb.DuckDBPyConnection, config: MatchConfig) -> int | None:
    """From how many records the model was learnt; None if it was made for another configuration or version."""
    rows = _model_rows(con)
    return int(rows["records"]) if _made_for(config).items() <= rows.items() else None


def _model_rows(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(con.execute("SELECT name, body FROM model").fetchall())


def _made_for(config: MatchConfig) -> dict[str, str]:
    """What must be the same for a register to be carried on; another version may read values in another way."""
    try:
        ours = version("liandao")
    except PackageNotFoundError:
        ours = "unknown"
    return {"format": FORMAT, "version": ours, "config": as_json(config)}
