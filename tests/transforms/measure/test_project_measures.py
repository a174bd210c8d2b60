"""Measures of a project: among the program's, in the place of one of them, over the project's own facts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas import project
from schemas.errors import ConfigurationError
from schemas.measure_file import project_measure_ids
from tests.conftest import PROJECT
from tests.schemas.own_project import FILES, dedented, in_use, write_project
from tests.transforms.measure.world import END, START, World, moment
from transforms.measure.describe import describe
from transforms.measure.load import CATALOGUE, load_measures
from transforms.measure.order import with_needed
from transforms.measure.run import measure
from transforms.measure.verify import verify_own_measures

SHARE, SQL = FILES["measures/HN_01.yml"], FILES["measures/HN_01_met.sql"]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """A project with tables and one measure."""
    with in_use(write_project(tmp_path)) as root:
        yield root


def visits(*rows: tuple[str, str, bool]) -> World:
    """A world of visits: platform, time of July to September, and whether somebody was there."""
    return World("AB").add(
        "fact_visit", [{"platform_id": p, "started_at": moment(at), "is_at_home": met} for p, at, met in rows]
    )


@pytest.mark.usefixtures("own")
def test_a_measure_of_the_project_is_one_of_all() -> None:
    measures = load_measures()
    assert list(measures) == sorted(["HN_01", *(p.stem for p in CATALOGUE.glob("*.yml"))])
    verify_own_measures()
    world = visits(
        ("A", "0701T00:00", True), ("A", "0930T23:59", False), ("B", "0815T10:00", True), ("B", "1001T00:00", True)
    )
    world.measure("HN_01")
    figures = world.rows("SELECT grain_key, numerator, denominator, value, unit FROM warehouse.mart_figure ORDER BY 1")
    assert figures == [("A", 1, 2, 0.5, "ratio"), ("B", 1, 1, 1.0, "ratio"), ("all", 2, 3, 2 / 3, "ratio")]
    assert world.rows("SELECT title_zh FROM warehouse.mart_measure") == [("入户走访到访率",)]
    assert project_measure_ids() == ["HN_01"]
    assert [r["source"] for r in describe() if r["measure_id"] == "HN_01"] == ["某局"]


def test_the_same_id_takes_the_programs_place(tmp_path: Path) -> None:
    changes = {
        "measures/HN_01.yml": None,
        "measures/HN_01_met.sql": None,
        "measures/M04.yml": SHARE.replace("HN_01", "M04"),
        "measures/M04_met.sql": SQL,
    }
    with in_use(write_project(tmp_path, changes)):
        verify_own_measures()
        measures = load_measures()
        assert list(measures) == sorted(p.stem for p in CATALOGUE.glob("*.yml"))
        assert measures["M04"].file.title.zh == "入户走访到访率"
        assert [r["measure_id"] for r in describe() if r["measure_id"].startswith("M04")] == ["M04"], "and its parts go"
        assert list(with_needed(measures, ["M04"])) == ["M04"]


@pytest.mark.usefixtures("own")
def test_another_project_has_none_of_it() -> None:
    project.use(PROJECT)
    assert "HN_01" not in load_measures()
    assert project_measure_ids() == []
    verify_own_measures()


STEP, THEN = "_met.sql", "\n            then: "
MISTAKES = [
    # what is wrong, the measure file, its SQL, the file that is named, what is told
    ("an unknown key", SHARE.replace("unit:", "unti:"), SQL, "HN_01.yml", "did you mean unit?"),
    ("an id of no form", SHARE.replace("id: HN_01", "id: hn-01"), SQL, "HN_01.yml", "line 1: id"),
    ("another id than its file", SHARE.replace("id: HN_01", "id: HN_02"), SQL, "HN_01.yml", "HN_02.yml"),
    ("no YAML", SHARE + "\n        parts: [a", SQL, "HN_01.yml", "not YAML"),
    ("SQL that is not there", SHARE.replace("_met.sql", "_gone.sql"), SQL, "HN_01.yml", "HN_01_gone.sql"),
    ("no such column", SHARE, SQL.replace("is_at_home", "was_at_home"), "HN_01_met.sql", "was_at_home"),
    ("a column masked away", SHARE, SQL.replace("is_at_home", "remark_text = ''"), "HN_01_met.sql", "remark_text"),
    ("the vault", SHARE, SQL.replace("warehouse.fact_visit", "vault.core_visit"), "HN_01_met.sql", "vault"),
    ("a file", SHARE, "-- One row is a line.\nSELECT 'all' AS grain_key, * FROM read_csv('/etc/passwd')",
     "HN_01_met.sql", "disabled"),
    ("a file by its name", SHARE, "-- One row is a line.\nSELECT 'all' AS grain_key, * FROM '/etc/hosts.csv'",
     "HN_01_met.sql", "disabled"),
    ("a table of the engine's choosing", SHARE,
     "-- One row is one.\nSELECT * FROM query('SELECT 1 AS note FROM vault.core_visit')", "HN_01_met.sql", "vault"),
    ("no grain", SHARE, "-- One row is all.\nSELECT 1 AS value", "HN_01_met.sql", "no grain, grain_key"),
    ("a figure that is no number", SHARE,
     "-- One row is all.\nSELECT 'province' AS grain, 'all' AS grain_key, 'many' AS value", "HN_01_met.sql",
     "value (VARCHAR)"),
    ("a function of the program that is none for steps", SHARE.replace(STEP, STEP + THEN + "load:load_measures"),
     SQL, "HN_01.yml", "bootstrap:clustered_ratio"),
    ("rows that a function can't take",
     SHARE.replace(STEP, STEP + THEN + "bootstrap:clustered_ratio"), SQL, "HN_01_met.sql", "clustered_ratio"),
    ("two statements", SHARE, dedented(SQL) + ";\nDELETE FROM warehouse.fact_visit", "HN_01_met.sql", "one SELECT"),
    ("no SELECT", SHARE, "-- One row is gone.\nDELETE FROM warehouse.fact_visit", "HN_01_met.sql", "one SELECT"),
    ("a mart undeclared", SHARE, "-- One row is all.\nSELECT count(*) AS value FROM warehouse.mart_usage_platform",
     "HN_01_met.sql", "reads other marts"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("measure", "sql", "file", "told"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_mistakes_name_the_projects_file(tmp_path: Path, measure: str, sql: str, file: str, told: str) -> None:
    root = write_project(tmp_path, {"measures/HN_01.yml": measure, "measures/HN_01_met.sql": sql})
    with in_use(root), pytest.raises(ConfigurationError) as error:
        verify_own_measures()
    assert told in str(error.value)
    assert str(root / "measures" / file) in error.value.where
    assert error.value.next_step


def test_sql_that_no_measure_names(tmp_path: Path) -> None:
    root = write_project(tmp_path, {"measures/spare.sql": SQL})
    with in_use(root), pytest.raises(ConfigurationError, match=r"spare\.sql"):
        load_measures()


@pytest.mark.usefixtures("own")
def test_sql_in_another_encoding_or_a_folder_in_its_place(own: Path) -> None:
    path = own / "measures" / "HN_01_met.sql"
    sql = path.read_text(encoding="utf-8")
    path.write_text(sql, encoding="utf-8-sig")
    verify_own_measures()
    path.write_text(sql, encoding="utf-16")
    with pytest.raises(ConfigurationError, match=r"(?s)HN_01_met\.sql.*UTF-8"):
        verify_own_measures()
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigurationError, match=r"HN_01_met\.sql"):
        verify_own_measures()


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT 'zzz' AS grain, 'all' AS grain_key, 1 AS value", "zzz"),
        ("SELECT 'province' AS grain, 'all' AS grain_key, unnest([1, 2]) AS value", "more than once"),
    ],
    ids=["an undeclared grain", "one figure twice"],
)
def test_what_only_rows_can_tell_is_told_by_the_run(own: Path, sql: str, told: str) -> None:
    (own / "measures" / "HN_01_met.sql").write_text(f"-- One row is all.\n{sql}\n", encoding="utf-8")
    verify_own_measures()
    with pytest.raises(ConfigurationError, match=told):
        visits(("A", "0701T00:00", True)).measure("HN_01")


def test_a_measure_of_the_project_that_fails_costs_its_own_figures_alone(own: Path) -> None:
    (own / "measures" / "HN_01_met.sql").write_text(
        "-- One row is all.\nSELECT 'zzz' AS grain, 'all' AS grain_key, 1 AS value\n", encoding="utf-8"
    )
    world = visits(("A", "0701T00:00", True))
    catalogue = with_needed(load_measures(), ["HN_01", "M04"])
    done = measure(world.con, START, END, measures=catalogue, optional=project_measure_ids())
    assert (set(done.failed), set(done.ids)) == ({"HN_01"}, set(catalogue) - {"HN_01"})
    assert "zzz" in done.failed["HN_01"].found
    assert world.rows("SELECT count(*) FROM warehouse.mart_figure WHERE measure_id LIKE 'HN%'") == [(0,)]
    assert world.rows("SELECT count(*) > 0 FROM warehouse.mart_figure") == [(True,)]
    with pytest.raises(ConfigurationError):
        measure(world.con, START, END, measures=catalogue)
