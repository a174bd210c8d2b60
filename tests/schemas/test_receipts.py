"""Receipts survive the way to disk and back; errors survive a process boundary."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from schemas import errors
from schemas.receipts import Cursor, Landed, LandedFile, LandedStream

STREAM = LandedStream(
    "minzheng_dibao", "form", "b1", 2, 1, None, [LandedFile("landing/x.parquet", 2, "00")], ["XM"], "BH",
    Cursor("2026-09-30", ["a"], {}), Cursor("2026-10-01", ["b"], {"00": "x.csv"}),
)  # fmt: skip
LANDED = Landed("minzheng_dibao", "minzheng", "b1", "2026-09-30T00:00:00+08:00", "2026-09-30T00:00:01+08:00", [STREAM])


def test_round_trip_keeps_nested_receipts(tmp_path: Path) -> None:
    LANDED.write(tmp_path / "landed.json")
    assert Landed.read(tmp_path / "landed.json") == LANDED


def test_writing_leaves_no_temporary_file(tmp_path: Path) -> None:
    LANDED.write(tmp_path / "a" / "landed.json")
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["landed.json"]


ALL_ERRORS = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.LiandaoError)]


@pytest.mark.parametrize("kind", ALL_ERRORS, ids=lambda e: e.__name__)
def test_errors_keep_every_part_across_processes(kind: type[errors.LiandaoError]) -> None:
    error = kind("what", where="here", expected="this", found="that", next_step="do")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert type(again) is kind
    assert again.lines() == error.lines()


def test_error_codes_are_unique_and_bilingual() -> None:
    assert len({e.code for e in ALL_ERRORS}) == len(ALL_ERRORS)
    assert all(e.title_zh and e.title_en for e in ALL_ERRORS)


@pytest.mark.parametrize(
    ("kind", "exit_code"),
    [
        (errors.ConfigurationError, 2),
        (errors.SourceUnreachable, 3),
        (errors.Unbalanced, 4),
        (errors.LiandaoError, 5),
        (errors.ContractBroken, 1),
    ],
)
def test_exit_codes_are_the_promised_ones(kind: type[errors.LiandaoError], exit_code: int) -> None:
    assert kind.exit_code == exit_code
