"""A run over a merger: old codes that accounts still send are regions, and no community counts twice."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from liandao import flow
from liandao.project_file import load_deployment
from liandao.settings import read_settings
from tests.projects import PLATFORM, PLATFORM_FILE, write, write_project
from warehouse import reader

REGIONS = """\
region_code,name_zh,level,parent_code,kind,valid_from,valid_to,successor_codes
439901000000,某县,county,,,,,
439901001000,东镇,township,439901000000,,,,
439901001001,东社区,community,439901001000,,,,
439901001201,甲村,community,439901001000,,,2026-07-31,439901001209
439901001202,乙村,community,439901001000,,,2026-07-31,439901001209
439901001209,甲乙村,community,439901001000,,2026-08-01,,
439901001203,丙村,community,439901001000,,,2026-07-31,
439901001203,丙社区,community,439901001000,居,2026-08-01,,
439901001204,丁村,community,439901001000,,2026-10-01,,
"""
GUIDE = Path(__file__).parents[2] / "docs" / "regions.md"
OPEN_AT_THE_END = ["439901001001", "439901001203", "439901001209"]
#  community that the account names | when
LOG = [
    ("439901001201", "2026-07-15 09:00:00"),
    ("439901001202", "2026-07-15 09:01:00"),
    ("439901001201", "2026-09-01 09:00:00"),  # nobody told the account of the merger
    ("439901001209", "2026-09-01 09:01:00"),
    ("439901001203", "2026-09-01 09:02:00"),
    ("439901001204", "2026-09-01 09:03:00"),  # not there yet
    ("439901001299", "2026-09-01 09:04:00"),  # never was
]


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose scope is the whole county, and a platform for villages alone, run once."""
    root = write_project(tmp_path_factory.mktemp("merger") / "bureau", endpoints={"log": "file:drop"})
    write(root / "reference" / "regions.csv", REGIONS)
    villages = PLATFORM_FILE.replace("go_live:", "eligible:\n  kind: village\ngo_live:")
    write(root / "sources" / "grid" / f"{PLATFORM}.yml", villages)
    lines = [f"{n},{code},worker,create,{at}" for n, (code, at) in enumerate(LOG)]
    write(root / "home" / "drop" / "log_1.csv", "\n".join(["id,area,kind,act,at", *lines, ""]))
    return root


@pytest.mark.slow
def test_a_run_over_a_merger(bureau: Path) -> None:
    settings = read_settings(project=bureau)
    assert load_deployment(settings.project, settings.home).scope == OPEN_AT_THE_END
    flow.run(settings)
    with reader.connect(settings.home) as con:

        def column(text: str) -> list[object]:
            return [row[0] for row in con.execute(text).fetchall()]

        sent = column("SELECT community_code FROM warehouse.fact_usage ORDER BY source_key")
        assert sent == [code for code, _ in LOG[:6]]
        assert column("SELECT region_code FROM warehouse.dim_region WHERE is_in_scope ORDER BY 1") == OPEN_AT_THE_END
        assert column("SELECT eligible_communities FROM warehouse.dim_platform") == [1]
        assert column("SELECT community_code FROM warehouse.dim_platform_community") == ["439901001209"]
        became = con.execute(
            """SELECT u.community_code, s.successor_code FROM warehouse.fact_usage AS u
               JOIN warehouse.dim_region AS r ON r.region_code = u.community_code
               JOIN warehouse.dim_region_successor AS s USING (region_code, version_no)
               WHERE s.changed_date <= u.occurred_at::DATE ORDER BY 1"""
        ).fetchall()
        assert became == [("439901001201", "439901001209"), ("439901001203", "439901001203")]
        by_day = GUIDE.read_text(encoding="utf-8").split("```sql\n")[1].split("```")[0]
        assert column(by_day) == [4]  # the guide's query leaves out what was sent under a code that is not valid
        changed = column("SELECT DISTINCT changed_date FROM warehouse.dim_region_successor")
        assert changed == [date(2026, 8, 1)]
    portal = (settings.home / "reports" / "index.html").read_text(encoding="utf-8")
    assert "3 个社区" in portal
