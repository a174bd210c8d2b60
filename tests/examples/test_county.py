"""The example project runs on real servers, and what it comes to was counted by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from connectors.registry import load_registry
from schemas import project
from tests.examples.conftest import Lived, answer
from tests.examples.county import EXAMPLE, FATES
from warehouse import reader

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True, scope="module")
def project_in_use() -> None:
    """The example's own."""
    project.use(EXAMPLE)


def test_eight_platforms_of_eight_shapes() -> None:
    platforms = [p for p in load_registry(EXAMPLE / "sources").platforms.values() if p.line_id != "market"]
    shapes = {(p.file.access.family, p.file.access.format and p.file.access.format.type) for p in platforms}
    assert len(platforms) == 8
    assert {family for family, _ in shapes} == {"http_page", "http_cursor", "sql", "sftp_files", "folder_files"}
    assert {kind for _, kind in shapes if kind} == {"csv", "xlsx", "xml"}


def test_platforms_of_one_vendor_say_only_what_differs() -> None:
    registry = load_registry(EXAMPLE / "sources")
    follow = [p for p in registry.platforms_of("market") if p.platform_id != "inspection"]
    assert [len(Path(p.path).read_text(encoding="utf-8").splitlines()) <= 15 for p in follow] == [True] * 3
    assert {p.file.access.endpoint for p in follow} == {p.platform_id for p in follow}
    assert {name: sorted(registry.platforms[name].file.streams) for name in ("traders", "canteens")} == {
        "traders": ["form", "usage"], "canteens": ["usage"]
    }  # fmt: skip


def test_a_vocabulary_changed_in_one_line_changes_all_that_name_it(tmp_path: Path) -> None:
    root = tmp_path / "county"
    shutil.copytree(EXAMPLE, root)
    path = root / "codes" / "qilin_actions.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("U: update", "U: approve"), encoding="utf-8")
    project.use(root)
    market = load_registry().platforms_of("market")
    project.use(EXAMPLE)
    assert {p.file.streams["usage"].codes["action_code"]["U"] for p in market} == {"approve"}
    assert len(market) == 4


def test_the_countys_own_table_rule_and_measure_are_like_the_programs(lived: Lived) -> None:
    with reader.connect(lived.root / "home") as con:
        counted = "SELECT result_code, count(*) FROM warehouse.fact_inspection GROUP BY 1 ORDER BY 1"
        rows = con.execute(counted).fetchall()
        assert rows == [("failed", 1), ("passed", 2)]
        aside = con.execute("SELECT reason_code FROM vault.ctl_quarantine WHERE platform_id = 'inspection'").fetchall()
        assert aside == [("INSPECTION.RESULT_CODE.CODE",)]
        flagged = con.execute(
            "SELECT sum(unexpected_count) FROM warehouse.ctl_quality_result WHERE check_id = 'FORM.PHONE.NETWORK'"
        ).fetchall()
    (figure,) = answer(lived.root, "metrics", "CX_01")
    assert (figure["numerator"], figure["denominator"]) == (2, 3)
    pages = lived.root / "home" / "reports"
    assert "fact_inspection" in (pages / "dictionary.html").read_text(encoding="utf-8")
    assert "检查合格率" in (pages / "index.html").read_text(encoding="utf-8")
    assert "安全检查" in (pages / "platforms" / "inspection.html").read_text(encoding="utf-8")
    assert flagged[0][0] >= 1


def test_every_row_has_the_fate_that_was_counted_by_hand(lived: Lived) -> None:
    fates = {
        (s["platform_id"], s["stream"]): (s["landed"], s["accepted"], s["quarantined"], s["dropped"])
        for s in lived.balance["streams"]
    }
    assert fates == FATES
    assert lived.outcome["platforms_failed"] == {}


def test_one_resident_of_three_platforms_is_one_person(lived: Lived) -> None:
    with reader.connect(lived.root / "home") as con:
        persons = con.execute(
            "SELECT person_id, count(DISTINCT r.platform_id) FROM vault.link_person_record AS r"
            " JOIN warehouse.link_person USING (record_id) WHERE person_name = '王秀英' GROUP BY ALL"
        ).fetchall()
    assert [n for _, n in persons] == [3]


@pytest.mark.parametrize("platform", sorted({p for p, _ in FATES}))
def test_platforms_answer_as_their_files_say(lived: Lived, platform: str) -> None:
    checks = answer(lived.root, "check", platform)["streams"]
    assert checks
    assert all(c["passed"] for c in checks)


def test_a_second_run_brings_nothing(lived: Lived) -> None:
    assert answer(lived.root, "run")["rows"]["extracted"] == 0


def test_files_are_in_block_style() -> None:
    for path in (EXAMPLE / "sources").rglob("*.yml"):
        text = path.read_text(encoding="utf-8")
        assert "{" not in text, path.name
        assert path.name == "_line.yml" or text.startswith("# "), f"{path.name}: what is peculiar about it?"
