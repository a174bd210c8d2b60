"""What a source promised: its fields, and how many rows, judged over what the declaration speaks of."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.checking import check_files
from connectors.contract import Contract
from connectors.registry import load_platform_file, load_registry
from schemas import project
from schemas.columns import ZONE
from schemas.errors import ContractBroken
from schemas.expect import Bound, RowsBefore
from schemas.platform_file import StreamFile
from tests.conftest import PROJECT
from tests.connectors.conftest import USAGE_FIELDS
from tests.connectors.platform_contract import assert_contract
from tests.project_folder import LOG

NOW = datetime(2026, 9, 30, 1, 30, tzinfo=ZoneInfo(ZONE))


def contract(**more: object) -> Contract:
    stream = {"source": "rizhi", "key": "rz_id", "cursor": "gxsj", "fields": USAGE_FIELDS, "ignore": ["bz"], **more}
    return Contract("rizhi.usage", StreamFile.model_validate(stream))


def test_the_contract_over_platform_files_holds_of_a_good_one(tmp_path: Path) -> None:
    path = tmp_path / "rizhi.yml"
    path.write_text(LOG.replace("    ignore:", "    optional:\n      - sq\n    ignore:"), encoding="utf-8")
    assert_contract(load_platform_file(path, "grid"))


EXAMPLES = sorted(path.parent for path in (Path(__file__).parents[2] / "examples").glob("*/liandao.yml"))


@pytest.mark.parametrize("root", EXAMPLES, ids=lambda root: root.name)
def test_it_holds_of_every_platform_of_the_examples(root: Path) -> None:
    project.use(root)
    try:
        registry = load_registry()
        registry.refuse_broken()
        assert registry.platforms
        for platform in registry.platforms.values():
            assert_contract(platform)
        assert [f for f in check_files(project.Project(root)) if f.error] == []
    finally:
        project.use(PROJECT)


#  optional | fields that are there, besides the others | what is said
FIELDS = [
    ([], ["sq", "zhlx"], None),
    ([], ["sq", "zhlx", "bz"], None),
    ([], ["zhlx"], "mapped field is missing"),
    (["sq"], ["zhlx"], None),
    (["sq", "zhlx"], [], None),
    (["sq"], [], "mapped field is missing"),
    (["sq"], ["zhlx", "sqq"], "neither mapped nor ignored"),
]


@pytest.mark.parametrize(("optional", "there", "sentence"), FIELDS)
def test_a_field_may_be_absent_when_it_is_optional(
    optional: list[str], there: list[str], sentence: str | None
) -> None:
    names = [f for f in USAGE_FIELDS if f not in ("sq", "zhlx")] + there
    if sentence is None:
        contract(optional=optional).check_fields(names, "page 1")
    else:
        with pytest.raises(ContractBroken, match=sentence):
            contract(optional=optional).check_fields(names, "page 1")


def before(*batches: tuple[float, int]) -> RowsBefore:
    """Batches of so many days ago, with so many rows."""
    rows = RowsBefore(NOW)
    for days, count in batches:
        rows = rows.with_batch(NOW - timedelta(days=days), count, NOW)
    return rows


WEEKS = ((20, 9000), (8, 80), (6, 40), (1, 40))
"""First load, then batches; 80 of them within the last week."""
#  floor | rows now | is all there is | earlier batches | stops
FLOORS = [
    (1000, 1000, True, (), False),
    (1000, 999, True, (), True),
    (1000, 999, True, WEEKS, True),
    (1000, 0, False, WEEKS, False),
    (1, 0, True, (), True),
    (0, 0, True, (), False),
    (None, 0, True, (), False),
    ("100 per week", 20, False, WEEKS, False),
    ("100 per week", 19, False, WEEKS, True),
    ("100 per week", 0, False, ((6.9, 5),), False),
    ("100 per week", 0, True, (), False),
    ("100 per week", 99, False, ((7, 5000),), True),
    ("100 per day", 60, False, ((30, 1), (0.5, 40)), False),
    ("100 per day", 60, False, ((30, 1), (1.5, 40)), True),
    ("100 per month", 0, False, ((40, 1), (30.9, 100)), False),
    ("100 per month", 0, False, ((40, 1), (31, 100)), True),
    ("100 per year", 0, False, ((400, 1), (365, 100)), False),
    ("100 per year", 0, False, ((400, 100),), True),
]


@pytest.mark.parametrize(("floor", "rows", "is_full", "batches", "stops"), FLOORS)
def test_the_floor_is_judged_on_what_it_speaks_of(
    floor: int | str | None, rows: int, is_full: bool, batches: tuple[tuple[float, int], ...], stops: bool
) -> None:
    judged = contract(expect={"floor": floor})
    if not stops:
        judged.check_size(rows, before(*batches), is_full=is_full)
        return
    with pytest.raises(ContractBroken, match="fewer rows than the declared floor") as caught:
        judged.check_size(rows, before(*batches), is_full=is_full)
    assert caught.value.expected.startswith(f"at least {floor}")


#  ceiling | rows now | earlier batches | warns
CEILINGS = [
    (100, 100, WEEKS, False),
    (100, 101, WEEKS, True),
    (100, 101, (), True),
    (None, 10**9, (), False),
    ("100 per week", 20, WEEKS, False),
    ("100 per week", 21, WEEKS, True),
    ("100 per week", 5000, (), False),
    ("100 per week", 5000, ((6.9, 5),), False),
]


@pytest.mark.parametrize(("ceiling", "rows", "batches", "warns"), CEILINGS)
def test_the_ceiling_warns(
    ceiling: int | str | None,
    rows: int,
    batches: tuple[tuple[float, int], ...],
    warns: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        contract(expect={"ceiling": ceiling}).check_size(rows, before(*batches), is_full=not batches)
    assert ("more than the declared ceiling" in caplog.text) is warns


def test_bounds_are_written_as_they_are_read() -> None:
    stream = contract(expect={"floor": "500 per week", "ceiling": 7}).stream
    assert (stream.expect.floor, stream.expect.ceiling) == (Bound(500, "week"), Bound(7))
    again = StreamFile.model_validate_json(stream.model_dump_json())
    assert again == stream
