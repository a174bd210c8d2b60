"""The DDL of both stores comes from one declaration, and results must fit it."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pyarrow as pa
import pytest

from schemas import ddl
from schemas.arrow import arrow_schema
from schemas.catalogue import PROGRAM_TABLES
from schemas.errors import StoreError
from tests.warehouse.generation import rows
from warehouse.build import open_build
from warehouse.structure import replace_table


def test_both_stores_hold_what_is_declared(home: Path, database: str) -> None:
    text = (
        "SELECT table_name, column_name, lower(data_type), is_nullable FROM information_schema.columns"
        " WHERE table_name = ANY(ARRAY[{names}]) ORDER BY table_name, ordinal_position"
    ).format(names=", ".join(f"'{name}'" for name in PROGRAM_TABLES))
    with psycopg.connect(database) as con:
        for tier in ("vault", "warehouse"):
            con.execute(f"CREATE SCHEMA {tier}")
        for tab in PROGRAM_TABLES.values():
            con.execute("; ".join([ddl.create_table(tab), *ddl.comments(tab)]))
        server = [(t, c, k.replace("character varying", "varchar"), n) for t, c, k, n in con.execute(text).fetchall()]
    with open_build(home, "r1") as build:
        file = [
            (t, c, {"double": "double precision"}.get(k, k), n) for t, c, k, n in build.con.execute(text).fetchall()
        ]
    assert server == file
    assert len(file) == sum(len(t.columns) for t in PROGRAM_TABLES.values())


def test_names_are_quoted_whatever_they_contain() -> None:
    assert ddl.identifier('a"b') == '"a""b"'
    assert ddl.create_table(PROGRAM_TABLES["dim_code"], "g 1").startswith(
        'CREATE TABLE "g 1"."dim_code" (\n  "list_name" VARCHAR NOT NULL'
    )


def test_a_result_replaces_a_table_whatever_its_column_order(home: Path) -> None:
    schema = arrow_schema(PROGRAM_TABLES["link_matter"])
    first = pa.Table.from_pylist([{"record_id": "c1", "matter_id": "m1"}], schema=schema)
    second = pa.Table.from_pylist([{"record_id": "c2", "matter_id": "m2"}], schema=schema)
    with open_build(home, "r1") as build:
        replace_table(build.con, "link_matter", first)
        assert replace_table(build.con, "link_matter", second.select(schema.names[::-1])) == 1
        assert (
            rows(build, "SELECT record_id, matter_id FROM warehouse.link_matter")
            == second.select(["record_id", "matter_id"]).to_pylist()
        )


@pytest.mark.parametrize(
    "names", [["record_id"], ["record_id", "matter_id", "person_id", "matter_class_code", "role_code", "x"]]
)
def test_a_result_of_another_shape_is_refused(home: Path, names: list[str]) -> None:
    with pytest.raises(StoreError, match="differ from the declared"), open_build(home, "r1") as build:
        replace_table(build.con, "link_matter", pa.table({name: ["a"] for name in names}))
