"""The events of a home: whole lines whoever writes, of the published shape, without a value of a record."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

from jsonschema import Draft202012Validator

from liandao.aside import release, set_aside
from liandao.generations import roll_back
from liandao.home import now
from liandao.observe.events import FOLDER, read_events, tell
from liandao.settings import Settings
from schemas.events import BatchSetAside, RunStarted
from schemas.json_schema import FOLDER as SCHEMAS
from tests.projects import COMMUNITY

SCHEMA = Draft202012Validator(json.loads((SCHEMAS / "event.schema.json").read_text(encoding="utf-8")))


def lines(home: Path) -> list[str]:
    return [line for path in sorted((home / FOLDER).glob("*.jsonl")) for line in path.read_text("utf-8").splitlines()]


def test_two_nights_as_their_events_tell_them(bureau: Settings, run_ids: list[str]) -> None:
    events = read_events(bureau.home)
    assert [e["run_id"] for e in events if e["kind"] == "run.ended"] == run_ids
    assert Counter(e["kind"] for e in events) == {
        "run.started": 2, "run.ended": 2, "platform.read": 3, "platform.failed": 1, "gate.judged": 1,
        "step.done": 8, "generation.published": 2,
    }  # fmt: skip
    read = [e for e in events if e["kind"] == "platform.read"]
    assert [(e["platform_id"], e["extracted"], e["batch_id"] is not None) for e in read] == [
        ("patrol_log", 3, True), ("gate_log", 4, True), ("patrol_log", 0, False),
    ]  # fmt: skip
    published = [e for e in events if e["kind"] == "generation.published"]
    assert [(e["generation"], e["previous"]) for e in published] == [(1, None), (2, 1)]


def test_what_people_do_is_told_without_who_and_why(bureau: Settings) -> None:
    before = len(lines(bureau.home))
    roll_back(bureau, 1, "张三说的", "张三")
    set_aside(bureau.home, ["b1"], "张三说的", "张三")
    release(bureau.home, ["b1"])
    told = [json.loads(line) for line in lines(bureau.home)[before:]]
    assert [e["kind"] for e in told] == ["generation.rolled_back", "batch.set_aside", "batch.released"]
    assert (told[0]["before"], told[0]["now"]) == (2, 1)
    assert "张三" not in "".join(lines(bureau.home))


def test_every_line_has_the_published_shape_and_nothing_of_a_row(bureau: Settings) -> None:
    told = lines(bureau.home)
    assert [e.message for line in told for e in SCHEMA.iter_errors(json.loads(line))] == []
    assert COMMUNITY not in "".join(told)
    event = json.loads(told[0])
    for wrong in (event | {"v": 2}, event | {"kind": "other"}, event | {"note": "x"}, {**event, "at": None}):
        assert not SCHEMA.is_valid(wrong)


def _write_many(home: Path, writer: int) -> None:
    for number in range(200):
        tell(home, BatchSetAside, batch_id=f"{writer}-{number}-" + "x" * 200)


def test_lines_of_several_processes_do_not_mix(tmp_path: Path) -> None:
    writers = [get_context("fork").Process(target=_write_many, args=(tmp_path, n)) for n in range(4)]
    for process in writers:
        process.start()
    for process in writers:
        process.join()
    written = Counter(json.loads(line)["batch_id"].partition("-")[0] for line in lines(tmp_path))
    assert written == {str(n): 200 for n in range(4)}


def test_a_torn_line_costs_itself_alone(tmp_path: Path) -> None:
    for torn in (b'{"v":1,"id":"e2","at":"2026-', b"\0" * 40, b"[]\n", b'{"kind":1,"at":"2026-01-01T00:00+08:00"}\n'):
        tell(tmp_path, BatchSetAside, batch_id="before")
        (path,) = (tmp_path / FOLDER).glob("*.jsonl")
        with path.open("ab") as file:
            file.write(torn)
        tell(tmp_path, BatchSetAside, batch_id="after")
        assert [e["batch_id"] for e in read_events(tmp_path)] == ["before", "after"]
        path.unlink()


def test_only_the_end_of_the_files_is_read(tmp_path: Path) -> None:
    """Of two months and more than a block, those since a moment; older files are not opened."""
    folder, since = tmp_path / FOLDER, now()
    folder.mkdir()
    (folder / "2020-01.jsonl").mkdir()  # whoever opens it fails
    old = (since - timedelta(hours=1)).isoformat()
    event = {"v": 1, "kind": "batch.released", "id": "e0", "at": old, "batch_id": "z" * 200}
    (folder / f"{since:%Y-%m}.jsonl").write_text((json.dumps(event) + "\n") * 1000, encoding="utf-8")
    tell(tmp_path, RunStarted, run_id="r1", program="1")
    assert [e["kind"] for e in read_events(tmp_path, since)] == ["run.started"]
    (folder / "2020-01.jsonl").rmdir()
    assert len(read_events(tmp_path)) == 1001


def test_an_event_that_can_not_be_written_costs_nothing_else(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way", encoding="utf-8")
    tell(tmp_path, BatchSetAside, batch_id="b1")
    tell(tmp_path / "other", BatchSetAside, batch_id="", note="no key of it")
    assert read_events(tmp_path / "other") == []
