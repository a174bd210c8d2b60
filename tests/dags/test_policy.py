"""When a run counts as failed."""

import pytest

from dags.policy import ingest_reasons, missing_platforms, unify_reasons

PASSED = {"passed": True, "failed_stop": []}
STOPPED = {"passed": False, "failed_stop": ["core_case.row_count"]}
WELL = {key: {"run_id": "r1"} for key in ("load", "match")}


def test_missing_platforms_are_those_without_a_receipt() -> None:
    assert missing_platforms(["a", "b", "c"], [{"platform_id": "b"}, None]) == ["a", "c"]


@pytest.mark.parametrize(
    ("missing", "gate", "tolerated", "reasons"),
    [
        ([], PASSED, 0, 0),
        (["a"], PASSED, 0, 1),
        (["a"], PASSED, 1, 0),
        ([], STOPPED, 0, 1),
        ([], None, 9, 1),
        (["a", "b"], STOPPED, 1, 2),
    ],
)
def test_ingest_verdict(missing: list[str], gate: dict[str, object] | None, tolerated: int, reasons: int) -> None:
    found = ingest_reasons(missing, gate, tolerated=tolerated)
    assert len(found) == reasons
    assert not missing or len(missing) <= tolerated or all(m in found[0] for m in missing)


@pytest.mark.parametrize(
    ("failed", "steps", "tolerated", "reasons"),
    [
        ([], WELL, 0, 0),
        (["a", "b"], WELL, 2, 0),
        (["a", "b", "c"], WELL, 2, 1),
        ([], WELL | {"match": None}, 0, 1),
        ([], WELL | {"measure": {"run_id": "r1", "problems": {"HN_01": "wrong"}}}, 0, 1),
        (["a"], {"load": None, "match": None}, 0, 3),
    ],
)
def test_unify_verdict(failed: list[str], steps: dict[str, object], tolerated: int, reasons: int) -> None:
    assert len(unify_reasons(failed, steps, tolerated=tolerated)) == reasons  # type: ignore[arg-type]
