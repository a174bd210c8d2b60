"""The door by which measures come in: what a measure file may say, and how its mistakes are told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from schemas.catalogue import PROGRAM_TABLES
from schemas.columns import Tier, table_meta
from schemas.errors import ConfigurationError, Unbalanced
from tests.transforms.measure.world import World
from transforms.measure.describe import describe
from transforms.measure.load import CATALOGUE, load_measures
from transforms.measure.order import in_order, with_needed
from transforms.measure.verify import verify_measures

MEASURE = """
id: M99
title: {zh: 平台数, en: platforms}
definition: {zh: 平台的个数, en: how many platforms there are}
source: test
rule_version: "1"
unit: platforms
direction: neither
grains: [province]
window: window_end
parameters:
  least: {value: 0, zh: 至少, en: at least}
parts:
  twice: {title: {zh: 两倍, en: twice}, unit: platforms}
steps:
  - {sql: M99_count.sql}
"""
COUNT = """-- One row is the number of platforms.
SELECT 'province' AS grain, 'all' AS grain_key, count(*) AS value FROM warehouse.dim_platform HAVING count(*) >= $least
"""


def catalogue(folder: Path, measure: str = MEASURE, count: str = COUNT, **more: str) -> Path:
    """A catalogue of one measure."""
    (folder / "M99.yml").write_text(measure, encoding="utf-8")
    (folder / "M99_count.sql").write_text(count, encoding="utf-8")
    for name, text in more.items():
        (folder / f"{name}.sql").write_text(text, encoding="utf-8")
    return folder


def test_a_measure_exists_because_its_file_does(tmp_path: Path) -> None:
    measures = load_measures(catalogue(tmp_path))
    verify_measures(measures.values())
    world = World("ABC").measure(measures=measures)
    assert world.rows("SELECT measure_id, value, unit, rule_version, note FROM warehouse.mart_figure") == [
        ("M99", 3.0, "platforms", "1", None)
    ]
    assert world.rows("SELECT measure_id, title_zh, parameters FROM warehouse.mart_measure ORDER BY 1") == [
        ("M99", "平台数", '{"least": 0}'), ("M99.twice", "两倍", '{"least": 0}'),
    ]  # fmt: skip


def test_parameters_can_be_set_for_one_run(tmp_path: Path) -> None:
    world = World("ABC").measure(measures=load_measures(catalogue(tmp_path)), overrides={"M99": {"least": 4}})
    assert world.rows("FROM warehouse.mart_figure") == []
    assert world.rows("SELECT DISTINCT parameters FROM warehouse.mart_measure") == [('{"least": 4}',)]


WITH_STEP = MEASURE.replace("{sql: M99_count.sql}", "{sql: M99_count.sql, %s}")
MISTAKES = [
    # what is wrong, the measure file, its SQL, what the error tells
    ("unknown key", MEASURE + "colour: red\n", COUNT, "colour"),
    ("missing key", MEASURE.replace('rule_version: "1"\n', ""), COUNT, "rule_version"),
    ("another id than its file", MEASURE.replace("id: M99", "id: M98"), COUNT, "M98.yml"),
    ("missing SQL", MEASURE.replace("M99_count", "M99_gone"), COUNT, "M99_gone.sql"),
    ("no comment", MEASURE, COUNT.split("\n", 1)[1], "comment"),
    ("undeclared parameter", MEASURE, COUNT.replace("$least", "$most"), "$most"),
    ("reserved parameter", MEASURE.replace("least:", "window_start:"), COUNT, "window_start"),
    ("unknown function", WITH_STEP % "then: 'bootstrap:gone'", COUNT, "bootstrap:clustered_ratio"),
    ("unknown module", WITH_STEP % "then: 'gone:clustered_ratio'", COUNT, "gone"),
    ("unknown column read", MEASURE, COUNT.replace("count(*) AS value", "count(colour) AS value"), "colour"),
    ("unknown table read", MEASURE, COUNT.replace("dim_platform", "dim_planet"), "dim_planet"),
    ("reads the vault", MEASURE, COUNT.replace("warehouse.dim_platform", "vault.core_form"), "vault"),
    ("unknown column given", MEASURE, COUNT.replace("AS value", "AS worth"), "worth"),
    ("unknown table written", WITH_STEP % "writes: mart_nowhere", COUNT, "mart_nowhere"),
    ("column its table does not have", WITH_STEP % "writes: mart_usage_curve", COUNT, "grain"),
    ("needs what nobody fills", WITH_STEP % "needs: [mart_entry_class]", COUNT, "mart_entry_class"),
    ("reads a mart undeclared", MEASURE, COUNT.replace("dim_platform", "mart_usage_platform"), "mart_usage_platform"),
    ("not SQL", MEASURE, "-- One row is nothing.\nSELEKT 1", "Parser Error"),
]


@pytest.mark.parametrize(("measure", "count", "told"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_mistakes_are_told_before_anything_runs(tmp_path: Path, measure: str, count: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        verify_measures(load_measures(catalogue(tmp_path, measure, count)).values())
    assert told in str(error.value)
    assert error.value.next_step


def test_sql_that_no_measure_names_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="M99_spare"):
        load_measures(catalogue(tmp_path, M99_spare=COUNT))


def test_figures_of_undeclared_parts_are_refused(tmp_path: Path) -> None:
    measures = load_measures(
        catalogue(tmp_path, count=COUNT.replace("count(*) AS value", "count(*) AS value, 'thrice' AS part"))
    )
    with pytest.raises(ConfigurationError, match="thrice"):
        World("ABC").measure(measures=measures)


def test_a_check_that_finds_a_row_stops_the_run(tmp_path: Path) -> None:
    measure = MEASURE + "checks: [M99_check.sql]\n"
    check = (
        "-- A row here means that there are platforms.\nSELECT count(*) FROM warehouse.dim_platform HAVING count(*) > 0"
    )
    measures = load_measures(catalogue(tmp_path, measure, M99_check=check))
    with pytest.raises(Unbalanced, match=r"M99_check\.sql"):
        World("ABC").measure(measures=measures)
    World("").measure(measures=measures)


CIRCLE = MEASURE.replace("- {sql: M99_count.sql}", """
  - {sql: M99_count.sql, writes: mart_usage_curve, needs: [mart_usage_survey]}
  - {sql: M99_back.sql, writes: mart_usage_survey, needs: [mart_usage_curve]}
""")  # fmt: skip
TWICE = MEASURE.replace("- {sql: M99_count.sql}", """
  - {sql: M99_count.sql, writes: mart_usage_curve}
  - {sql: M99_back.sql, writes: mart_usage_curve}
""")  # fmt: skip


@pytest.mark.parametrize(("measure", "told"), [(CIRCLE, "circle"), (TWICE, "two steps fill one table")])
def test_an_order_must_exist(tmp_path: Path, measure: str, told: str) -> None:
    measures = load_measures(catalogue(tmp_path, measure, M99_back=COUNT))
    with pytest.raises(ConfigurationError, match=told):
        in_order(measures.values())


def test_the_catalogue_fits_the_declared_tables() -> None:
    verify_measures(load_measures().values())


def test_steps_run_after_what_they_need() -> None:
    filled: set[str] = set()
    for statement in in_order(load_measures().values()):
        assert set(statement.step.needs) <= filled, statement.where
        filled.add(statement.step.writes)


def test_every_declared_mart_is_filled_by_some_step() -> None:
    written = {s.step.writes for m in load_measures().values() for s in m.statements} | {"mart_measure"}
    declared = {n for n, t in PROGRAM_TABLES.items() if n.startswith("mart_") and table_meta(t).tier is Tier.WAREHOUSE}
    assert written == declared


def test_a_measure_brings_what_it_needs() -> None:
    measures = load_measures()
    assert list(with_needed(measures, ["M15"])) == ["M11", "M15"]
    assert list(with_needed(measures, ["M08", "M04"])) == ["M03", "M04", "M08", "M26"]


def test_the_catalogue_reads_as_rows() -> None:
    rows = describe()
    assert [r["measure_id"] for r in rows if "." not in r["measure_id"]] == sorted(
        p.stem for p in CATALOGUE.glob("*.yml")
    )
    assert len({r["measure_id"] for r in rows}) == len(rows)
    assert all(r["title_zh"] and r["title_en"] and r["definition"] and r["unit"] and r["source"] for r in rows)


@pytest.mark.parametrize("path", sorted(CATALOGUE.glob("*.sql")), ids=lambda p: p.name)
def test_sql_reads_the_warehouse_only_and_names_no_value(path: Path) -> None:
    sql = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
    read = set(re.findall(r"\b(?:FROM|JOIN)\s+([a-z_]+\.[a-z_]+)", sql))
    assert all(re.fullmatch(r"warehouse\.(fact|dim|mart)_\w+|warehouse\.link_(matter|person)", name) for name in read)


def test_a_run_replaces_what_the_last_one_left() -> None:
    world = World("AB").with_calendar().with_attributes()
    first = world.measure().rows("FROM warehouse.mart_figure ORDER BY ALL")
    assert world.measure().rows("FROM warehouse.mart_figure ORDER BY ALL") == first
    assert len(first) == len({(r[0], r[2], r[3]) for r in first}) > 0
