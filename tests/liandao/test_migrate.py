"""A home of version 0.1.0 (a fixture that this version made) is brought up, and goes on."""

from __future__ import annotations

import sqlite3
import tarfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from liandao import flow
from liandao.cli import app
from liandao.migrate import KEPT, home_format, migrate_home
from liandao.settings import read_settings
from schemas.errors import ConfigurationError
from schemas.project_file import HOME_FORMAT
from warehouse import reader

FIXTURE = Path(__file__).parent / "home-0.1.0.tar.xz"
PLATFORMS = {"donation_ledger", "funeral_service"}


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """``home`` as 0.1.0 left it, ``sources`` as they lay in the program."""
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


def migrated(former: Path) -> Path:
    root = former / "bureau"
    words = ["migrate", "--home", str(former / "home"), "--project", str(root), "--sources", str(former / "sources")]
    ran = CliRunner().invoke(app, [*words, "--json"])
    assert ran.exit_code == 0, ran.output
    return root


def contents(home: Path) -> dict[str, Any]:
    with reader.connect(home) as con:
        tables = ("fact_form", "fact_usage", "fact_case", "fact_rating", "dim_person")
        counts = {t: con.execute(f"SELECT count(*) FROM warehouse.{t}").fetchall() for t in tables}
        persons = con.execute("SELECT person_id FROM warehouse.dim_person ORDER BY 1").fetchall()
    return counts | {"persons": persons}


def columns(home: Path) -> dict[tuple[str, str], Any]:
    """(table, column) of all that was read, linked and masked -> rows, and a checksum of its values."""
    folder = home / "published" / (home / "published" / "current").readlink()
    sums: dict[tuple[str, str], Any] = {}
    for tier in ("vault", "warehouse"):
        with duckdb.connect(str(folder / f"{tier}.duckdb"), read_only=True) as con:
            con.execute("SET TimeZone = 'Asia/Shanghai'")
            held = con.execute("SELECT table_name, column_name FROM duckdb_columns()").fetchall()
            for table, column in (h for h in held if h[0].startswith(("core_", "fact_", "link_person", "link_matter"))):
                text = f'SELECT count(*), sum(hash("{column}"::VARCHAR)::HUGEINT) FROM "{table}"'
                sums[table, column] = con.execute(text).fetchone()
    return sums


def test_it_is_of_format_one_and_told_what_to_do(former: Path) -> None:
    assert home_format(former / "home") == 1
    with pytest.raises(ConfigurationError) as caught:
        migrate_home(former / "home", former / "bureau", former / "nowhere")
    assert "nowhere" in caught.value.where
    ran = CliRunner().invoke(app, ["migrate", "--home", str(former / "home")])
    assert isinstance(ran.exception, ConfigurationError)
    assert "--sources" in ran.exception.next_step


def test_window_scope_regions_and_platforms_go_into_the_project(former: Path) -> None:
    root = migrated(former)
    settings = read_settings(former / "home")
    assert settings.project == root
    ground = flow.read_ground(settings)
    assert set(ground.platforms) == PLATFORMS
    assert len(ground.deployment.scope) == 4
    assert str(ground.deployment.window_end) == "2026-09-30"
    assert set(ground.deployment.endpoints) == PLATFORMS
    assert len((root / "reference" / "regions.csv").read_text(encoding="utf-8").splitlines()) > 30_000
    assert (former / "home" / KEPT).is_file()


@pytest.mark.slow
def test_what_was_published_goes_on(former: Path) -> None:
    before, sums = contents(former / "home"), columns(former / "home")
    migrated(former)
    settings = read_settings(former / "home")
    done = flow.run(settings)
    assert (done.exit_code, sum(i.extracted for line in done.lines for i in line.ingested)) == (0, 0)
    assert contents(settings.home) == before
    now = columns(settings.home)
    assert {name: now.get(name) for name in sums} == sums, "every column that it had holds what it held"
    assert len(sums) > 150
    with sqlite3.connect(settings.home / "province" / "files" / "sqlite" / "funeral_service.db") as con:
        key, stamp = "new", "2026-10-02T09:00:00+08:00"
        names = [row[1] for row in con.execute("PRAGMA table_info(t_oper_log)")]
        row = dict(zip(names, con.execute("SELECT * FROM t_oper_log LIMIT 1").fetchone(), strict=True))
        row |= {"logId": key, "updateTime": stamp, "operateTime": stamp}
        con.execute(f"INSERT INTO t_oper_log VALUES ({', '.join('?' * len(row))})", list(row.values()))
    again = flow.run(settings)
    assert again.failed == {}
    assert sum(i.extracted for line in again.lines for i in line.ingested) == 1


def test_a_migration_that_was_cut_off_goes_on(former: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from liandao import migrate

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    for name in ("_bring_sources", "_bring_regions", "_split_deployment", "write_home_file"):
        with monkeypatch.context() as patch:
            patch.setattr(migrate, name, cut_off)
            with pytest.raises(KeyboardInterrupt):
                migrate_home(former / "home", former / "bureau", former / "sources")
        assert home_format(former / "home") == 1
    migrated(former)
    assert home_format(former / "home") == HOME_FORMAT
    assert read_settings(former / "home").origins["home"] == "--home"
    assert migrate_home(former / "home", former / "bureau", None) == []
