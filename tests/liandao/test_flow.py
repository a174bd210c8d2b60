"""What a run ends with, and what a generation is told of gates and attempts."""

from __future__ import annotations

from pathlib import Path

import pytest

from liandao.attempts import record_failure, record_success
from liandao.batches import gates_to_keep, stopped_batches
from liandao.flow import RunDone
from liandao.lines import LineDone
from liandao.outcome import not_computed
from liandao.steps import settled_attempts
from schemas.errors import ContractBroken, LiandaoError, SourceRefused, SourceUnreachable
from schemas.receipts import Built, Gated, Ingested

AWAY, REFUSED, BROKEN = SourceUnreachable("away"), SourceRefused("no"), ContractBroken("a field is missing")


@pytest.mark.parametrize(
    ("read", "failed", "gate_passed", "exit_code"),
    [
        (1, {}, True, 0),
        (1, {"b": AWAY}, True, 1),
        (1, {}, False, 1),
        (0, {"a": AWAY, "b": REFUSED}, None, 3),
        (0, {"a": AWAY, "b": BROKEN}, None, 1),
        (0, {"a": BROKEN}, None, 1),
    ],
)
def test_exit_code(read: int, failed: dict[str, LiandaoError], gate_passed: bool | None, exit_code: int) -> None:
    ingested = [Ingested("a", "line", "b1", 1, 1, 1, 0, 0)] * read
    gate = None if gate_passed is None else Gated("line", "q1", ["b1"], gate_passed, 1, [], [], "")
    assert RunDone("r1", 0.0, [LineDone("line", 0.0, ingested, failed, gate)], []).exit_code == exit_code


def test_a_batch_that_waits_for_its_gate_says_nothing_yet(tmp_path: Path) -> None:
    record_success(tmp_path, "loaded", "b1")
    record_success(tmp_path, "stopped", "b2")
    record_success(tmp_path, "waits", "b3")
    record_failure(tmp_path, "away", AWAY)
    for gate_id, batch, passed in (("q1", "b1", True), ("q2", "b2", False)):
        gate = Gated("line", gate_id, [batch], passed, 1, [], [], "")
        gate.write(tmp_path / "quality" / "line" / f"{gate_id}.json")
    settled = settled_attempts(tmp_path, {"b1"} | stopped_batches(tmp_path))
    assert sorted(a.platform_id for a in settled) == ["away", "loaded", "stopped"]
    assert [g.gate_id for g in gates_to_keep(tmp_path)] == ["q1", "q2"]


def test_a_measure_left_out_is_a_problem_of_the_data() -> None:
    line = LineDone("line", 0.0, [Ingested("a", "line", "b1", 1, 1, 1, 0, 0)], {}, None)
    built = [Built("r1", "measure", 0.0, {}, {"HN_01": "no such grain"}), Built("r1", "publish", 0.0, {})]
    done = RunDone("r1", 0.0, [line], built)
    assert (done.exit_code, done.problems) == (1, {"HN_01": "no such grain"})
    assert "HN_01" in not_computed(*done.problems.items())
