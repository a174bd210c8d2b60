"""What a task's log says to a person: counts, ids, and what to run next."""

from typing import Any

import pytest

from dags import telling
from dags.events import line_extra

ROWS: dict[str, Any] = {
    "platform_id": "rescue", "batch_id": "b1", "extracted": 12, "landed": 12,
    "accepted": 9, "quarantined": 2, "dropped": 1,
}  # fmt: skip
GATE: dict[str, Any] = {"batch_ids": ["b1"], "evaluated": 7, "failed_stop": [], "failed_warn": []}
BUILT: dict[str, Any] = {"run_id": "r1", "step": "measure", "seconds": 2.0, "counts": {"measures": 13}, "problems": {}}


@pytest.mark.parametrize(
    ("receipt", "said"),
    [
        (ROWS, ["batch b1", "extracted 12", "landed 12", "accepted 9", "quarantined 2", "dropped 1", "liandao bal"]),
        (ROWS | {"batch_id": ""}, ["rescue", "nothing new"]),
    ],
)
def test_platform(receipt: dict[str, Any], said: list[str], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    telling.ingested(receipt)
    assert [words for words in said if words not in caplog.text] == []


@pytest.mark.parametrize(
    ("receipt", "said"),
    [
        (GATE, ["1 批 batches", "7 条规则 rules"]),
        (GATE | {"batch_ids": []}, ["no batch waits"]),
        (GATE | {"failed_stop": ["core_case.row_count"]}, ["stop: core_case.row_count", "liandao batch list"]),
        (GATE | {"failed_warn": ["core_form.unique"]}, ["warn: core_form.unique"]),
    ],
)
def test_gate(receipt: dict[str, Any], said: list[str], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    telling.judged(receipt)
    assert [words for words in said if words not in caplog.text] == []


def test_step_and_missing_platforms(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    telling.built(BUILT | {"problems": {"HN_01": "wrong"}})
    telling.missing(["rescue"])
    for words in ("r1 measure", "measures: 13", "left out HN_01: wrong", "liandao check rescue"):
        assert words in caplog.text
    assert max(len(line) for line in caplog.messages) < 120


def test_event_of_a_line_sums_its_receipts() -> None:
    assert line_extra([ROWS, ROWS], ["allowance"], ["2026-11-30T01:00", "2026-11-30T01:02"]) == {
        "platforms_read": 2,
        "platforms_missing": ["allowance"],
        "rows_landed": 24,
        "rows_accepted": 18,
        "rows_refused": 6,
        "oldest_read_at": "2026-11-30T01:00",
        "newest_read_at": "2026-11-30T01:02",
    }
    assert line_extra([], [], [])["oldest_read_at"] is None
