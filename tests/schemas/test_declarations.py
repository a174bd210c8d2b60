"""What must hold of every declared table, whatever is added later."""

from __future__ import annotations

import pyarrow as pa
import pytest
from sqlalchemy import Table

from schemas.arrow import arrow_schema
from schemas.catalogue import PROGRAM_TABLES, tables_of
from schemas.codes import attributes, code_lists, items, matter_classes
from schemas.columns import METADATA, TEXT, Class, Mask, Tier, column, meta_of, table, table_meta
from schemas.facts import PROGRAM_FACTS, fact_column_name
from schemas.rules import InCodes, NotBefore
from schemas.tables.intake import ATTRIBUTES, FORM, PROGRAM_STREAMS

EVERY_TABLE = pytest.mark.parametrize("declared", PROGRAM_TABLES.values(), ids=list(PROGRAM_TABLES))


@EVERY_TABLE
def test_every_column_has_both_titles(declared: Table) -> None:
    for col in declared.columns:
        assert meta_of(col).zh, col.name
        assert meta_of(col).en, col.name


@EVERY_TABLE
def test_every_table_says_what_one_row_is(declared: Table) -> None:
    assert table_meta(declared).grain.startswith("One row")


@EVERY_TABLE
def test_names_carry_their_layer(declared: Table) -> None:
    layer = declared.name.split("_")[0]
    assert layer in {"core", "link", "dim", "fact", "mart", "ctl"}


@EVERY_TABLE
def test_arrow_schema_follows_the_declaration(declared: Table) -> None:
    schema = arrow_schema(declared)
    assert schema.names == [c.name for c in declared.columns]
    assert all(f.type != pa.null() for f in schema)


@pytest.mark.parametrize("declared", tables_of(Tier.WAREHOUSE), ids=lambda t: t.name)
def test_warehouse_holds_no_personal_column(declared: Table) -> None:
    classes = {c.name: meta_of(c).klass for c in declared.columns}
    assert not {n for n, k in classes.items() if k in (Class.PERSONAL, Class.SENSITIVE)}


@EVERY_TABLE
def test_rules_name_things_that_exist(declared: Table) -> None:
    lists = code_lists()
    for col in declared.columns:
        for rule in meta_of(col).rules:
            if isinstance(rule, InCodes):
                assert rule.codes in lists, col.name
            if isinstance(rule, NotBefore):
                assert rule.other in declared.columns, col.name


def test_personal_column_without_mask_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a mask"):
        column("nickname", TEXT, "昵称", "nickname", klass=Class.PERSONAL)


def test_key_that_is_not_declared_is_refused() -> None:
    with pytest.raises(ValueError, match="not declared"):
        table("dim_wrong", column("a", TEXT, "甲", "a"), zh="", en="", grain="", tier=Tier.WAREHOUSE, key=("b",))


@pytest.mark.parametrize("source", PROGRAM_FACTS, ids=lambda s: s.fact.name)
def test_facts_drop_what_is_masked_drop_and_rename_tokens(source) -> None:  # type: ignore[no-untyped-def]
    names = set(source.fact.columns.keys())
    for col in source.core.columns:
        mask = meta_of(col).mask
        assert (fact_column_name(col) in names) is (mask is not Mask.DROP), col.name
        if mask is Mask.TOKEN:
            assert col.name not in names
    assert {s.name for s in source.surrogates} <= names


def test_attributes_are_the_form_columns_that_workers_type() -> None:
    assert set(ATTRIBUTES) == set(attributes())
    assert [c.name for c in FORM.columns if c.name in ATTRIBUTES] == list(ATTRIBUTES)


def test_every_declared_table_is_in_the_catalogue() -> None:
    """A module of tables that ``schemas.catalogue`` does not name would be created by no store."""
    assert set(METADATA.tables) == set(PROGRAM_TABLES)


def test_streams_cover_the_five_fact_families() -> None:
    assert set(PROGRAM_STREAMS) == {"form", "case", "rating", "survey", "ticket", "usage"}


def test_every_item_belongs_to_a_class_of_matter() -> None:
    assert {i.matter_class for i in items().values()} == set(matter_classes())
