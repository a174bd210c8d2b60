"""A file that is wrong is its platform's failure: the others go on, and nothing of the platform is lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from liandao import flow
from liandao.attempts import read_attempts
from liandao.batches import read_positions
from liandao.flow import RunDone
from liandao.home import now
from liandao.settings import Settings, read_settings
from tests.projects import LINE, PLATFORM, PLATFORM_FILE, write, write_log, write_project
from warehouse import reader

SECOND, THIRD = "gate_log", "lift_log"


@dataclass
class Bureau:
    """A project with two platforms in one line and one in another, run night after night."""

    root: Path
    nights: int = 0

    @property
    def settings(self) -> Settings:
        return read_settings(project=self.root)

    def file(self, line: str, name: str) -> Path:
        return self.root / "sources" / line / f"{name}.yml"

    def night(self) -> RunDone:
        """Two more rows on each platform, then a run."""
        for name in (PLATFORM, SECOND, THIRD):
            write_log(self.settings.home / name, f"log_{self.nights}.csv", 2, first=10 * self.nights)
        self.nights += 1
        return flow.run(self.settings)

    def rows(self, text: str) -> list[tuple[Any, ...]]:
        with reader.connect(self.settings.home) as con:
            return con.execute(text).fetchall()

    def state(self) -> dict[str, tuple[int, bool, str | None]]:
        """Platform -> rows of use, whether stale, error; of those that the warehouse describes."""
        text = """
            SELECT p.platform_id, count(u.record_id), any_value(s.is_stale), any_value(s.error_code)
            FROM warehouse.dim_platform p JOIN warehouse.dim_line USING (line_id)
            LEFT JOIN warehouse.ctl_platform_state s USING (platform_id)
            LEFT JOIN warehouse.fact_usage u USING (platform_id)
            GROUP BY ALL ORDER BY ALL"""
        return {platform: (rows, stale, code) for platform, rows, stale, code in self.rows(text)}


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Bureau:
    root = tmp_path_factory.mktemp("bureau")
    endpoints = {name: f"file:{name}" for name in (PLATFORM, SECOND, THIRD)}
    made = Bureau(write_project(root, endpoints=endpoints))
    write(root / "sources" / "civil" / "_line.yml", LINE)
    for line, name in (("grid", PLATFORM), ("grid", SECOND), ("civil", THIRD)):
        write(made.file(line, name), PLATFORM_FILE.replace("endpoint: log", f"endpoint: {name}"))
    return made


@pytest.mark.slow
def test_neighbours_go_on_and_nothing_is_lost(bureau: Bureau) -> None:
    assert bureau.night().exit_code == 0
    assert bureau.state() == {PLATFORM: (2, False, None), SECOND: (2, False, None), THIRD: (2, False, None)}

    right = bureau.file("grid", SECOND).read_text(encoding="utf-8")
    write(bureau.file("grid", SECOND), "profile: no_such_profile\n" + right)
    done = bureau.night()
    assert (done.exit_code, {name: e.code for name, e in done.failed.items()}) == (1, {SECOND: "LD-1002"})
    assert bureau.state() == {PLATFORM: (4, False, None), SECOND: (2, True, "LD-1002"), THIRD: (4, False, None)}
    assert "no_such_profile" not in str(read_attempts(bureau.settings.home)[PLATFORM])
    assert bureau.rows("SELECT count(*) FROM warehouse.dim_platform_community WHERE platform_id = 'gate_log'") == [(2,)]

    write(bureau.file("grid", SECOND), right)
    write(bureau.file("grid", "_line"), "title: grid\n")
    done = bureau.night()
    assert (done.exit_code, sorted(done.failed)) == (1, [SECOND, PLATFORM])
    assert bureau.state() == {PLATFORM: (4, True, "LD-1002"), SECOND: (2, True, "LD-1002"), THIRD: (6, False, None)}

    write(bureau.file("grid", "_line"), LINE)
    assert bureau.night().exit_code == 0
    assert bureau.state() == {PLATFORM: (8, False, None), SECOND: (8, False, None), THIRD: (8, False, None)}


@pytest.mark.slow
def test_what_was_landed_is_known_by_its_age(bureau: Bureau) -> None:
    """After a night or more, seen from later days; the clock is handed in."""
    if not bureau.nights:
        bureau.night()
    text = "SELECT sum(landed_rows)::INT FROM warehouse.ctl_batch WHERE platform_id = 'lift_log'"
    ((landed_rows,),) = bureau.rows(text)
    for days, covered, week in ((0, False, landed_rows), (6, False, landed_rows), (8, True, 0)):
        landed = read_positions(bureau.settings.home, as_of=now() + timedelta(days=days)).landed[THIRD, "usage"]
        assert (landed.covers("week"), landed.within["week"], landed.within["year"]) == (covered, week, landed_rows)
