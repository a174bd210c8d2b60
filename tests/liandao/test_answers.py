"""What the commands print with ``--json`` has the shape that is published, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from liandao.answers.files import file_of, published
from liandao.answers.plain import Finding
from liandao.answers.schemas import ANSWERS, schema_texts
from liandao.commands.table import COMMANDS
from liandao.lazy import load
from liandao.options import plain
from tests.liandao.calling import Call, assert_shaped
from tests.liandao.nights import Nights, record
from tests.transforms.match.people import make_people
from warehouse.decisions import record_look

SQL = "SELECT 'nan'::DOUBLE AS no_number, DATE '2026-07-01' AS day, now() AS at, [1] AS list, 1.50::DECIMAL(4,2) AS d"


def with_json() -> set[str]:
    """The commands that take ``--json``, as they are typed."""
    parts: dict[str, Any] = {}
    for listed in COMMANDS:
        command = load(listed)
        parts |= {listed.name: command}
        parts |= {f"{listed.name} {name}": inner for name, inner in getattr(command, "commands", {}).items()}
    return {name for name, command in parts.items() if any("--json" in p.opts for p in command.params)}


def test_every_command_with_json_has_a_schema() -> None:
    assert set(ANSWERS) - {"error"} == with_json()
    assert set(published()) == set(ANSWERS)


@pytest.mark.parametrize("command", sorted(ANSWERS))
def test_the_published_schema_is_current(command: str) -> None:
    text = file_of(command).read_text(encoding="utf-8")
    assert text == schema_texts()[command], "run: python -m liandao.answers.schemas"


@pytest.mark.parametrize(
    ("command", "words", "exit_code", "least"),
    [
        ("platforms", (), 0, 1),
        ("platforms", ("--line", "health"), 0, 1),
        ("check", ("hotline", "--offline"), 0, 5),
        ("check", (), 0, 2),
        ("config", (), 0, 40),
        ("config", ("settings",), 0, 4),
        ("balance", (), 0, 4),
        ("balance", ("--platform", "alpha"), 0, 4),
        ("metrics", (), 0, 11),
        ("metrics", ("M01", "--grain", "province"), 0, 1),
        ("metrics", ("--rules",), 0, 11),
        ("metrics", ("M03", "--rules"), 0, 1),
        ("sql", ("SELECT * FROM fact_form LIMIT 3",), 0, 3),
        ("sql", (SQL,), 0, 1),
        ("doctor", (), 0, 8),
        ("history", (record("c1"),), 0, 9),
        ("explain", (record("a1"), record("a3")), 0, 14),
        ("explain", (record("a1"), record("b1")), 0, 14),
        ("explain", (record("e1"), record("e2")), 0, 14),
        ("explain", (record("a1"),), 0, 12),
        ("explain", ("M03",), 0, 12),
        ("review list", ("--limit", "5"), 0, 5),
        ("review log", (), 0, 3),
        ("review log", ("--looks",), 0, 0),
    ],
)
def test_answers_of_a_published_home(
    measured: Nights, call: Call, command: str, words: tuple[str, ...], exit_code: int, least: int
) -> None:
    called = call(*command.split(), *words, "--json", "--home", measured.home)
    assert called.exit_code == exit_code, called.messages
    assert_shaped(command, called.data)
    assert len(called.data) >= least


@pytest.mark.parametrize("record_key", ["a1", "b1", "c1", "d2", "e1"])
def test_the_history_of_persons(measured: Nights, call: Call, record_key: str) -> None:
    called = call("history", measured.ids[0][record_key], "--json", "--home", measured.home)
    assert_shaped("history", called.data)
    assert called.data["events"]


def test_answers_of_a_review(home_of_nights: Path, call: Call, tmp_path: Path) -> None:
    def review(command: str, *words: object, exit_code: int = 0) -> Any:
        called = call("review", command, *words, "--json", "--home", home_of_nights)
        assert called.exit_code == exit_code, called.messages
        assert_shaped(f"review {command}", called.data)
        return called.data

    book = tmp_path / "queue.xlsx"
    decision = review("decide", record("e1"), record("a1"), "different")
    assert review("withdraw", decision["decision_id"])["withdraws"] == decision["decision_id"]
    assert review("export", book)["rows"] > 0
    assert sum(review("import", book)["counts"].values()) > 0
    record_look(home_of_nights, "王五", "核对", "person", [record("a1")])
    assert review("log", "--looks")[0]["reason"] == "核对"
    assert review("recover") == {"recovered": 0}
    merged = call("sql", "SELECT event_id FROM link_person_event WHERE event_code = 'split'", "--json",
                  "--home", home_of_nights).data  # fmt: skip
    assert review("undo", merged[0]["event_id"])["decisions"]


def test_answers_of_match(tmp_path: Path, call: Call) -> None:
    records = make_people(residents=120, communities=6, seed=3).records
    pq.write_table(records, tmp_path / "people.parquet")
    pq.write_table(records.slice(0, 40), tmp_path / "tonight.parquet")
    for words in (["people.parquet"], ["tonight.parquet", "--update"]):
        called = call("match", tmp_path / words[0], *words[1:], "--out", tmp_path / "out", "--json")
        assert called.exit_code == 0, called.messages
        assert_shaped("match", called.data)
    ids = pq.read_table(tmp_path / "out" / "clusters.parquet").column("record_id").to_pylist()[:2]
    called = call("explain", *ids, "--out", tmp_path / "out", "--json")
    assert_shaped("explain", called.data)


def test_columns_of_one_name_are_not_lost(measured: Nights, call: Call) -> None:
    called = call("sql", "SELECT 1 AS a, 2 AS a", "--json", "--home", measured.home)
    assert (called.exit_code, called.out) == (2, "")
    assert "two columns are called 'a'" in json.loads(called.messages)["message"]


def test_an_error_is_one_object_on_stderr(call: Call, tmp_path: Path) -> None:
    called = call("balance", "--json", "--home", tmp_path)
    error = json.loads(called.messages)
    assert_shaped("error", error)
    assert (called.exit_code, called.out, error["exit_code"], error["error"]) == (2, "", 2, "LD-4004")


@pytest.mark.parametrize(
    ("value", "json_value"),
    [
        (float("inf"), None),
        (float("nan"), None),
        (0.25, 0.25),
        (True, True),
        (date(2026, 7, 1), "2026-07-01"),
        (datetime(2026, 7, 1, 1, tzinfo=UTC), "2026-07-01T01:00:00+00:00"),
        (Decimal("1.50"), "1.50"),
        (Path("a") / "b", "a/b"),
        ({3: (1, None)}, {"3": [1, None]}),
        (Finding("key", True, "there"), {"check": "key", "ok": True, "found": "there", "next": None}),
    ],
)
def test_values_in_json(value: object, json_value: object) -> None:
    assert plain(value) == json_value


@pytest.mark.parametrize("words", [["metrics"], ["review", "list"]])
def test_a_schema_is_printed(call: Call, words: list[str]) -> None:
    called = call("schema", *words)
    assert called.out == file_of(" ".join(words)).read_text(encoding="utf-8")
    assert " ".join(words) in call("schema", "--list").out.splitlines()
