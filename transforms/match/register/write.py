"""Write: the register of a full run."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from transforms.match.arrays import Ints
from transforms.match.block import blocks_of
from transforms.match.config import MatchConfig
from transforms.match.constraints import no_constraints
from transforms.match.engine import Matched
from transforms.match.register.store import Register, new_register
from transforms.match.register.tables import (
    BLOCK,
    block_rows,
    node_rows,
    pair_rows,
    record_rows,
    with_values,
    wording_rows,
)
from transforms.match.register.values import VALUES, keep_values


def write_register(
    path: Path, table: pa.Table, record_keys: Ints, found: Matched, config: MatchConfig, constraints: pa.Table | None
) -> Register:
    """Write the register of a full run anew. ``table``: what was matched; ``record_keys``: keys of its record ids."""
    register = new_register(path, config)
    # One table after another, so that no two of them need memory; the model comes last, without which none counts.
    fields = table.select([f.name for f in config.fields]).take(pa.array(found.collapsed.first))
    register.wording.put(wording_rows(found.collapsed.keys, fields, config))
    register.commit()
    register.node.put(with_values(node_rows(found, config), found.collapsed.nodes, config))
    register.commit()
    keep_values(register.value, found.collapsed.nodes)
    register.note(VALUES, register.value.size)
    register.commit()
    register.record.put(record_rows(table.column(config.record_id).combine_chunks(), record_keys, found))
    register.commit()
    register.block.put(_block_rows(found, config))
    register.commit()
    register.pair.put(pair_rows(found, config))
    register.keep("decision", constraints if constraints is not None else no_constraints())
    register.keep_model(found.model, len(record_keys))
    register.commit()
    return register


def _block_rows(found: Matched, config: MatchConfig) -> pa.Table:
    nodes, keys = found.collapsed.nodes, found.collapsed.keys
    rows = [block_rows(keys, blocks_of(nodes, rule).keys, number) for number, rule in enumerate(config.passes)]
    return pa.concat_tables([BLOCK.schema.empty_table(), *rows])
