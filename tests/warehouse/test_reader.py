"""What readers can and can't do."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from schemas.errors import NothingPublished
from tests.warehouse.batches import at, sample
from tests.warehouse.generation import grow
from warehouse import reader

REFUSED = [
    "INSERT INTO fact_form SELECT * FROM fact_form",
    "UPDATE warehouse.fact_form SET person_name = NULL",
    "DELETE FROM fact_form",
    "DROP TABLE fact_form",
    "CREATE TABLE mine (a INTEGER)",
    "CREATE VIEW mine AS SELECT 1",
    "ATTACH '{folder}/vault.duckdb' AS v (READ_ONLY)",
    "SELECT * FROM read_csv('{folder}/../../deployment.yml')",
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM '{folder}/vault.duckdb'",
    "COPY fact_form TO '{folder}/copy.csv'",
    "EXPORT DATABASE '{folder}/copy'",
    "INSTALL httpfs",
    "SET enable_external_access = true",
    "SET memory_limit = '100GB'",
    "SELECT * FROM vault.core_form",
    "SELECT * FROM core_form",
]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("reader")
    grow(home, "r1", sample().write(home))
    return home


@pytest.mark.parametrize("text", REFUSED)
def test_an_analyst_is_refused(published: Path, text: str) -> None:
    folder = (published / "published" / "current").resolve()
    with reader.connect_analyst(published) as con, pytest.raises(duckdb.Error):
        con.execute(text.format(folder=folder)).fetchall()
    assert sorted(p.name for p in folder.iterdir()) == ["vault.duckdb", "warehouse.duckdb"]


def test_an_analyst_reads_the_warehouse(published: Path) -> None:
    with reader.connect_analyst(published) as con:
        joined = con.execute("SELECT count(*) FROM fact_form JOIN warehouse.link_person USING (record_id)").fetchone()
        zone = con.execute("SELECT strftime(entered_at, '%H:%M %z') FROM fact_form LIMIT 1").fetchone()
    assert (joined, zone) == ((2,), ("09:00 +08",))


@pytest.mark.parametrize("text", ["DELETE FROM vault.core_form", "DELETE FROM warehouse.fact_form", "SET threads = 9"])
def test_the_pipeline_reads_both_tiers_and_changes_nothing(published: Path, text: str) -> None:
    with reader.connect(published) as con:
        joined = "SELECT count(*) FROM vault.core_form JOIN warehouse.fact_form USING (record_id)"
        assert con.execute(joined).fetchone() == (2,)
        with pytest.raises(duckdb.Error):
            con.execute(text)


@pytest.mark.parametrize("open_it", [reader.connect, reader.connect_analyst])
def test_nothing_published_says_what_to_do(home: Path, open_it: object) -> None:
    assert not reader.is_published(home)
    with pytest.raises(NothingPublished, match="nothing has been published") as caught:
        open_it(home)  # type: ignore[operator]
    assert caught.value.where == str(home)
    assert caught.value.next_step.startswith("liandao run")


def test_many_readers_at_once(published: Path) -> None:
    readers = [reader.connect(published) for _ in range(4)] + [reader.connect_analyst(published) for _ in range(4)]
    try:
        assert {con.execute("SELECT count(*) FROM warehouse.fact_form").fetchone() for con in readers} == {(2,)}
    finally:
        for con in readers:
            con.close()


def test_columns_carry_their_titles(published: Path) -> None:
    with reader.connect_analyst(published) as con:
        text = "SELECT comment FROM duckdb_columns() WHERE table_name = 'fact_form' AND column_name = 'mode_code'"
        assert con.execute(text).fetchone() == ("录入方式 | mode of entry",)


def test_rows_are_fetched_with_their_times(published: Path) -> None:
    with reader.connect_analyst(published) as con:
        names, found = reader.fetch(con, "SELECT record_id, entered_at, 1 AS a, 2 AS a FROM fact_form ORDER BY 1", 1)
        many = reader.fetch(con, "SELECT * FROM range(5000)", 3000)[1]
        nothing = reader.fetch(con, "SELECT 1 AS x WHERE false", 10)
    assert names == ["record_id", "entered_at", "a", "a"]
    assert found == [("alpha:form:f1", at(0), 1, 2)]
    assert len(many) == 3000
    assert nothing == (["x"], [])


def test_readers_draw_no_progress_bar_into_what_a_command_prints(published: Path) -> None:
    for opened in (reader.connect, reader.connect_analyst):
        with opened(published) as con:
            assert con.execute("SELECT current_setting('enable_progress_bar')").fetchall() == [(False,)]
