"""The example project runs on real servers, and what it comes to was counted by hand."""

from __future__ import annotations

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
    platforms = load_registry(EXAMPLE / "sources").platforms.values()
    shapes = {(p.file.access.family, p.file.access.format and p.file.access.format.type) for p in platforms}
    assert len(platforms) == 8
    assert {family for family, _ in shapes} == {"http_page", "http_cursor", "sql", "sftp_files", "folder_files"}
    assert {kind for _, kind in shapes if kind} == {"csv", "xlsx", "xml"}


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
