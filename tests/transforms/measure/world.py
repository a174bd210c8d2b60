"""A small warehouse written as tables: text in, measures run, rows out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa

from schemas.arrow import arrow_schema
from schemas.catalogue import tables
from schemas.codes import attributes
from schemas.measure_file import Value
from transforms.measure.blank import blank_warehouse
from transforms.measure.load import Measure, load_measures
from transforms.measure.order import with_needed
from transforms.measure.run import measure

ZONE = ZoneInfo("Asia/Shanghai")
START, END = date(2026, 7, 1), date(2026, 9, 30)
Row = dict[str, Any]


def parse(text: str) -> list[Row]:
    """A table drawn with spaces: headings, then one row a line; ``-`` is null."""
    head, *lines = [line.split() for line in text.strip().splitlines()]
    return [{k: None if v == "-" else v for k, v in zip(head, line, strict=True)} for line in lines]


def moment(text: str) -> datetime:
    """``0703T09:30`` or ``0703T09:30:15`` of 2026 in Beijing time."""
    pattern = "%Y%m%dT%H:%M:%S" if text.count(":") == 2 else "%Y%m%dT%H:%M"
    return datetime.strptime(f"2026{text}", pattern).replace(tzinfo=ZONE)


class World:
    """A warehouse under construction. ``add`` fills any declared table; what a row leaves out is null."""

    def __init__(self, platforms: Sequence[str] = ("A", "B", "C"), line: str = "civil") -> None:
        self.con = blank_warehouse()
        self.add("dim_line", [{"line_id": line}])
        self.add("dim_platform", [{"platform_id": p, "line_id": line, "has_owner": True} for p in platforms])

    def add(self, table: str, rows: Iterable[Mapping[str, Any]]) -> World:
        """Insert rows given as dictionaries."""
        rows, schema = list(rows), arrow_schema(tables()[table])
        strange = {name for row in rows for name in row} - set(schema.names)
        if strange:
            raise KeyError(f"{table}: no columns {strange}")
        arrow = pa.Table.from_pylist([{n: row.get(n) for n in schema.names} for row in rows], schema=schema)
        self.con.register("_rows", arrow)
        self.con.execute(f"INSERT INTO warehouse.{table} BY NAME SELECT * FROM _rows")
        self.con.unregister("_rows")
        return self

    def with_attributes(self, shelf_life_days: Mapping[str, int | None] | None = None) -> World:
        """The shared catalogue; ``shelf_life_days`` by attribute, for ever where it is not said."""
        life = shelf_life_days or {}
        return self.add("dim_attribute", [
            {"attribute_code": a.code, "keystrokes": a.keys, "is_eligible": a.eligible,
             "shelf_life_days": life.get(a.code)} for a in attributes().values()
        ])  # fmt: skip

    def with_calendar(self, first: date = date(2026, 1, 1), days: int = 365, holidays: Sequence[date] = ()) -> World:
        """Mondays to Fridays are working days, but for ``holidays``."""
        dates = [first + timedelta(n) for n in range(days)]
        return self.add("dim_calendar", [
            {"date": d, "is_workday": d.weekday() < 5 and d not in holidays, "month_start_date": d.replace(day=1)}
            for d in dates
        ])  # fmt: skip

    def with_communities(self, platform: str, *communities: str) -> World:
        """Where a platform is to be used."""
        return self.add("dim_platform_community", [
            {"platform_id": platform, "community_code": c} for c in communities
        ])  # fmt: skip

    def measure(
        self,
        *ids: str,
        start: date = START,
        end: date = END,
        overrides: Mapping[str, Mapping[str, Value]] | None = None,
        measures: dict[str, Measure] | None = None,
    ) -> World:
        """Run the measures ``ids`` and those they need (all of them when none is named)."""
        catalogue = load_measures() if measures is None else measures
        measure(self.con, start, end, overrides, with_needed(catalogue, ids or catalogue))
        return self

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.con.execute(sql).fetchall()

    def figure(self, measure_id: str, grain: str = "province", grain_key: str = "all") -> Row:
        """One figure as a dictionary."""
        found = self.con.execute(
            "FROM warehouse.mart_figure WHERE measure_id = ? AND grain = ? AND grain_key = ?",
            [measure_id, grain, grain_key],
        ).to_arrow_table().to_pylist()  # fmt: skip
        assert len(found) == 1, f"{measure_id} {grain} {grain_key}: {len(found)} figures"
        return dict(found[0])

    def value(self, measure_id: str, grain: str = "province", grain_key: str = "all") -> float:
        """The value of one figure."""
        return float(self.figure(measure_id, grain, grain_key)["value"])


def entry_world(
    text: str, platforms: Sequence[str] = ("A", "B", "C"), shelf_life_days: Mapping[str, int | None] | None = None
) -> World:
    """A world of entries. Columns: ``at`` (``0703T09:30`` or an hour number from 1 July), ``platform``, ``mode``,
    ``person``, ``attribute``, ``value``; ``~`` after a value says that it was spelt otherwise."""
    world = World(platforms).with_attributes(shelf_life_days).with_calendar()
    return world.add("fact_entry", [_entry(n, row) for n, row in enumerate(parse(text))])


def _entry(number: int, row: Row) -> Row:
    at, value = row["at"], row["value"]
    entered = START_OF_DAY + timedelta(hours=int(at)) if at.isdigit() else moment(at)
    return {
        "entry_id": f"{row['platform']}:form:{number}:{row['attribute']}",
        "record_id": f"{row['platform']}:form:{row.get('record') or number}",
        "platform_id": row["platform"],
        "attribute_code": row["attribute"],
        "value_token": None if value is None else value.rstrip("~"),
        "is_variant_spelling": value is not None and value.endswith("~"),
        "mode_code": row["mode"],
        "entered_at": entered,
        "person_id": row["person"],
    }


START_OF_DAY = datetime(2026, 7, 1, tzinfo=ZONE)


def shuffle(con: duckdb.DuckDBPyConnection, table: str, seed: int) -> None:
    """Put the rows of a table in another order."""
    rows = con.execute(f"FROM warehouse.{table}").to_arrow_table()
    con.execute(f"DELETE FROM warehouse.{table}")
    shuffled = rows.take(pa.array(np.random.default_rng(seed).permutation(len(rows))))
    con.register("_rows", shuffled)
    con.execute(f"INSERT INTO warehouse.{table} BY NAME SELECT * FROM _rows")
    con.unregister("_rows")


def duplicate(con: duckdb.DuckDBPyConnection, table: str) -> None:
    """Deliver every row of a table twice."""
    con.execute(f"INSERT INTO warehouse.{table} FROM warehouse.{table}")
