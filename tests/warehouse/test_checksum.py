"""The content checksum sees every value and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import duckdb
import pytest
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double, Table

from schemas import ddl
from schemas.catalogue import PROGRAM_TABLES
from tests.warehouse.batches import at
from warehouse.checksum import LINEAGE, RUN_METADATA, overall_checksum, table_checksums

CHOSEN = ["core_form", "core_case", "fact_entry", "ctl_batch", "dim_region", "link_person", "mart_figure"]
VALUES: dict[type, list[Any]] = {
    Boolean: [True, False],
    Date: [date(2026, 7, 1), date(2026, 7, 2)],
    DateTime: [at(0), at(0.001)],
    Double: [0.1, 0.2],
    BigInteger: [1, 2],
}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("ATTACH ':memory:' AS vault; ATTACH ':memory:' AS warehouse")
        yield connection


def value(column: Column[Any], which: int) -> object:
    for kind, pair in VALUES.items():
        if isinstance(column.type, kind):
            return pair[which]
    return ("a", "b")[which]


def checksum_of(con: duckdb.DuckDBPyConnection, tab: Table, rows: list[list[object]]) -> str:
    con.execute(f"DROP TABLE IF EXISTS {ddl.qualified(tab)}")
    con.execute(ddl.create_table(tab))
    con.executemany(f"INSERT INTO {ddl.qualified(tab)} VALUES ({', '.join('?' * len(tab.columns))})", rows)
    return table_checksums(con, [tab])[tab.name]


@pytest.mark.parametrize("name", CHOSEN)
def test_each_value_counts_unless_it_is_run_metadata(con: duckdb.DuckDBPyConnection, name: str) -> None:
    tab = PROGRAM_TABLES[name]
    first = [value(c, 0) for c in tab.columns]
    base = checksum_of(con, tab, [first])
    silent = LINEAGE | RUN_METADATA.get(name, frozenset())
    for number, column in enumerate(tab.columns):
        other = [*first[:number], value(column, 1), *first[number + 1 :]]
        assert (checksum_of(con, tab, [other]) == base) == (column.name in silent), column.name
        if column.nullable and column.name not in silent:
            missing = [*first[:number], None, *first[number + 1 :]]
            assert checksum_of(con, tab, [missing]) != base, column.name


def test_order_does_not_matter_but_number_does(con: duckdb.DuckDBPyConnection) -> None:
    tab = PROGRAM_TABLES["dim_code"]
    rows: list[list[object]] = [["sex", str(n), "某", "some"] for n in range(50)]
    base = checksum_of(con, tab, rows)
    assert checksum_of(con, tab, rows[::-1]) == base
    assert checksum_of(con, tab, [*rows, rows[0]]) != base
    assert checksum_of(con, tab, rows[1:]) != base
    assert base.startswith("50:")


CONFUSABLE = [
    (["sex", "1", None, "x"], ["sex", "1", "", "x"]),
    (["sex", "1", "x", None], ["sex", "1", None, "x"]),
    (["sex", "12", "3", ""], ["sex", "1", "23", ""]),
]


@pytest.mark.parametrize(("left", "right"), CONFUSABLE)
def test_confusable_rows_differ(con: duckdb.DuckDBPyConnection, left: list[object], right: list[object]) -> None:
    tab = PROGRAM_TABLES["dim_code"]
    assert checksum_of(con, tab, [left]) != checksum_of(con, tab, [right])


def test_sums_made_in_another_order_are_equal(con: duckdb.DuckDBPyConnection) -> None:
    tab = PROGRAM_TABLES["link_person"]
    row = ["r", "p", "certain"]
    assert checksum_of(con, tab, [[*row, 0.1 + 0.2]]) == checksum_of(con, tab, [[*row, 0.3]])
    assert checksum_of(con, tab, [[*row, -0.0]]) == checksum_of(con, tab, [[*row, 0.0]])


def test_overall_checksum_names_its_tables() -> None:
    assert overall_checksum({"a": "1:0", "b": "2:0"}) == overall_checksum({"b": "2:0", "a": "1:0"})
    assert overall_checksum({"a": "1:0", "b": "2:0"}) != overall_checksum({"a": "2:0", "b": "1:0"})
