"""Tokens: keyed stand-ins for identifying values, made once for each distinct value.

``token = 'v1_' || hex(first 128 bits of HMAC-SM3(key, 'token:' || purpose || ':' || value))``, SM3 after GB/T
32905-2016. The purpose keeps tokens of two attributes apart: the same text typed as occupation and as employer gives
two tokens. The key lives outside the warehouse; without it a token can't be recomputed from a guessed value.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

import duckdb
import pyarrow as pa

from warehouse.queries import query

VERSION = "v1_"
BITS = 128


def tokens_of(key: bytes, purpose: str, values: Iterable[str]) -> list[str]:
    """One token for each value, in order. The hash state after key and purpose is made once and copied."""
    begun = hmac.new(key, f"token:{purpose}:".encode(), "sm3")
    tokens = []
    for value in values:
        state = begun.copy()
        state.update(value.encode())
        tokens.append(VERSION + state.hexdigest()[: BITS // 4])
    return tokens


def make_tokens(
    con: duckdb.DuckDBPyConnection, key: bytes, table: str, purpose: str, column: str, into: str = "token"
) -> None:
    """Fill the temporary table ``into`` (purpose, value, token) for one column.

    ``purpose`` and ``column`` are SQL expressions over ``table``; null values get no token.
    """
    con.execute(query("distinct_values", table=table, purpose=purpose, column=column))
    rows = con.execute("SELECT purpose, list(value) FROM distinct_value GROUP BY purpose ORDER BY purpose").fetchall()
    con.execute(f"CREATE OR REPLACE TEMP TABLE {into} (purpose VARCHAR, value VARCHAR, token VARCHAR)")
    for name, values in rows:
        made = {"value": values, "token": tokens_of(key, name, values)}
        con.register("made", pa.table(made, schema=pa.schema([("value", pa.string()), ("token", pa.string())])))
        con.execute(f"INSERT INTO {into} SELECT ?, value, token FROM made", [name])  # noqa: S608 (a name of ours)
        con.unregister("made")
