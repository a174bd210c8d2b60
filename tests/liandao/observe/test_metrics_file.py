"""The file of metrics, read as Prometheus reads it and held against the warehouse and the files themselves."""

from __future__ import annotations

import subprocess
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from liandao.aside import set_aside
from liandao.observe.disk import CACHE, disk_by_room
from liandao.observe.ending import end_run
from liandao.observe.metrics_file import PATH, Family
from liandao.settings import Settings
from tests.liandao.calling import Call, assert_shaped
from tests.liandao.observe.conftest import AWAY
from tests.projects import PLATFORM


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Name and label values of every sample -> its value."""
    families = text_string_to_metric_families(text)
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def test_it_says_how_platforms_and_the_last_run_are(bureau: Settings, call: Call) -> None:
    end_run(bureau, None)
    found = samples((bureau.home / PATH).read_text(encoding="utf-8"))
    for platform, landed, stale in ((PLATFORM, 3, 0), (AWAY, 4, 1)):
        assert found["liandao_platform_rows_landed_total", platform] == landed
        assert found["liandao_platform_rows_refused_total", platform] == 0
        assert found["liandao_platform_stale", platform] == stale
    last = [found["liandao_platform_last_success_timestamp_seconds", p] for p in (PLATFORM, AWAY)]
    assert last[0] > last[1], "one was read well in the second run, the other was away"
    assert [labels[1:] for labels in found if labels[0] == "liandao_platform_error"] == [(AWAY, "LD-2001")]
    assert found["liandao_generation",] == 2
    assert found["liandao_run_failed",] == 0
    seconds = {labels[1]: v for labels, v in found.items() if labels[0] == "liandao_run_step_duration_seconds"}
    assert set(seconds) == {"run", "load", "match", "measure", "publish"}
    assert seconds["run"] > sum(v for step, v in seconds.items() if step != "run")
    assert {v for labels, v in found.items() if labels[0] == "liandao_batches_unpublished"} == {0}
    assert found["liandao_disk_free_bytes",] > 0

    written = call("metrics-file", "--out", bureau.home / "other.prom", "--json", "--project", bureau.project)
    assert_shaped("metrics-file", written.data)
    assert samples(Path(written.data["file"]).read_text(encoding="utf-8")).keys() == found.keys()


def test_what_is_taken_back_is_told(bureau: Settings, call: Call) -> None:
    assert call("rollback", 1, "--reason", "wrong", "--project", bureau.project).exit_code == 0
    set_aside(bureau.home, ["b1"], "", "")  # of a batch that was never landed nothing is counted
    call("metrics-file", "--project", bureau.project)
    found = samples((bureau.home / PATH).read_text(encoding="utf-8"))
    assert found["liandao_generation",] == 1


def test_bytes_by_room_are_those_of_du_though_little_is_looked_at(bureau: Settings) -> None:
    home = bureau.home

    def of_du(room: str) -> int:
        listed = subprocess.run(["find", home / room, "-type", "f", "-printf", "%s\n"], capture_output=True, check=True)
        return sum(map(int, listed.stdout.split()))

    for _ in range(2):  # from nothing, then from what was kept
        rooms = disk_by_room(home)
        assert {room: rooms[room] for room in ("landing", "published", "events")} == {
            room: of_du(room) for room in ("landing", "published", "events")
        }
    (home / "landing" / PLATFORM / "b9").mkdir()
    (home / "landing" / PLATFORM / "b9" / "more").write_bytes(b"12345")
    assert disk_by_room(home)["landing"] == rooms["landing"] + 5
    (home / CACHE).write_text("no JSON", encoding="utf-8")
    assert disk_by_room(home)["landing"] == rooms["landing"] + 5


def test_a_label_may_be_any_text() -> None:
    odd = 'a"b\\c\nd 平台'
    text = "\n".join(Family("x", "gauge", "About it.", [({"platform": odd}, 1e300)]).lines()) + "\n"
    assert samples(text) == {("liandao_x", odd): 1e300}
